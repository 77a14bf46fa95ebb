"""What the reasons given for differences from the month's list (rulebook §2.2) change in the facts, as SQL."""

from huzhu.roster.differences import MONTHS_A_NEWCOMER

# Said to have joined so lately that the list cannot know them yet: no finding. Others that lack on the lists need their proof.
NEWCOMERS = f"""
    SELECT told.worker_id
    FROM application_facts AS month
    JOIN roster_differencereason AS reason ON reason.roster_id = ANY (month.list_ids) AND reason.line_id IS NULL
     AND reason.code = 'joined'
    JOIN roster_insuranceroster AS list
      ON list.id = reason.roster_id AND list.month < reason.first_month + interval '{MONTHS_A_NEWCOMER} months'
    JOIN roster_rosterentry AS told ON told.id = reason.entry_id
"""
DISPATCHED = """
    SELECT told.worker_id
    FROM application_facts AS month
    JOIN roster_differencereason AS reason ON reason.roster_id = ANY (month.list_ids) AND reason.line_id IS NULL
     AND reason.code = 'dispatched'
    JOIN roster_rosterentry AS told ON told.id = reason.entry_id
"""

# Still on a list though no longer in service here.
SAID_AWAY = (
    "said.roster_id = line.roster_id AND said.line_id = line.id AND said.entry_id IS NULL "
    "AND said.code IN ('retired', 'left', 'dispatched')"
)

# Proofs uploaded with the reasons fill the slot, once they are there for everybody who needs one.
FILL_SLOTS = """
WITH needed AS (
    SELECT DISTINCT ON (member.id) reason.proof_id, reason.given_at, reason.given_by_id, member.id AS member_id
    FROM enrolment_finding AS finding
    JOIN enrolment_applicationmember AS member ON member.id = finding.member_id
    JOIN enrolment_enrolmentapplication AS application ON application.id = finding.application_id
    LEFT JOIN roster_differencereason AS reason
      ON reason.roster_id IN (application.insurance_roster_id, application.medical_roster_id)
     AND reason.entry_id = member.entry_id AND reason.line_id IS NULL
    WHERE finding.application_id = %(application)s AND finding.code = 'not_on_insurance_list'
    ORDER BY member.id, reason.proof_id IS NULL, reason.id
), files AS (
    SELECT proof_id, min(given_at) AS given_at, min(given_by_id) AS given_by_id FROM needed GROUP BY proof_id
)
INSERT INTO enrolment_prooffile (slot_id, file_id, added_at, added_by_id)
SELECT slot.id, files.proof_id, files.given_at, files.given_by_id
FROM files JOIN enrolment_proofslot AS slot ON slot.application_id = %(application)s AND slot.kind = 'dispatch_proof'
WHERE NOT EXISTS (SELECT FROM needed WHERE proof_id IS NULL)
  AND NOT EXISTS (SELECT FROM enrolment_prooffile AS there WHERE there.slot_id = slot.id AND there.file_id = files.proof_id)
"""
