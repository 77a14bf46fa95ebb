"""What every app stands on and no clerk has a word for: workflow, money, calendar, identity numbers, seals, files of any upload."""
