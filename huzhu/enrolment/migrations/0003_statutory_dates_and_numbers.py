"""
The statutory retirement date as SQL (facts §3; equal to huzhu.roster.rules, which a test compares row by row), and the running
number of applications.
"""

from django.db import migrations

# `floor(n / step) + 1`, kept within 0 and the most months; 4,000 and 999 make whole-number division round down before 1965 too.
STATUTORY = """
CREATE FUNCTION statutory_retirement_on(born_on date, category text) RETURNS date LANGUAGE sql IMMUTABLE AS $$
SELECT (born_on + make_interval(months => CASE category
    WHEN 'male' THEN 720 + greatest(0, least(36,
        (extract(year FROM born_on)::int * 12 + extract(month FROM born_on)::int - 1 - 1965 * 12 + 4000) / 4 - 999))
    WHEN 'female_55' THEN 660 + greatest(0, least(36,
        (extract(year FROM born_on)::int * 12 + extract(month FROM born_on)::int - 1 - 1970 * 12 + 4000) / 4 - 999))
    WHEN 'female_50' THEN 600 + greatest(0, least(60,
        (extract(year FROM born_on)::int * 12 + extract(month FROM born_on)::int - 1 - 1975 * 12 + 4000) / 2 - 1999))
    END))::date
$$
"""


class Migration(migrations.Migration):
    dependencies = [("enrolment", "0002_reviews")]

    operations = [
        migrations.RunSQL(STATUTORY, "DROP FUNCTION statutory_retirement_on(date, text)"),
        migrations.RunSQL(
            "CREATE SEQUENCE enrolment_application_number MAXVALUE 999999 CYCLE",
            "DROP SEQUENCE enrolment_application_number",
        ),
    ]
