"""Sends the lines in quarantine again, after what kept them out was mended.

outcome  what became of the entries of one reason (pure)
lines    an entry -> the line it is about: from its file, else the text that was kept
delivery a handful of lines, sent a bounded number of times
run      all of it: reads the quarantine, sends, takes out what arrived
"""
