"""The editions of the rules by which a running case lives.

What a case does next must not change under it, since its history says what it did. A run begins with the newest edition
and keeps it until it continues as new; a rule that moves the agenda asks `case.edition` for the edition it came with.

0: Runs from before editions.
1: What was begun, suspected, agreed or owed outlives what comes between, and clocks run in the desk's own hours.
"""

NEWEST = 1
