"""
Numbers and names by which people and organisations are known: credit codes, identity documents, names, mobiles.

Every rule exists once. Where both one value and a column of 100,000 must be judged, the rule is a column expression and
the single form calls it on one row (`columns.py` holds what documents share).
"""
