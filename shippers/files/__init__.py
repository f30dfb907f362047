"""Files that grow: find them, tell who they are, cut them into lines.

names        name of a file -> its data stream (pure)
find         which files are there now
fingerprint  first bytes of a file -> who it is (pure)
frame        bytes read -> whole lines and their offsets (pure)
check        may this line travel (pure)
adopt        a new file -> its row in the registry, an old one or a new one
harvest      one open file, read from where the last read ended
tail         all of them: adopts new files, follows renames, lets go of files that are gone
"""
