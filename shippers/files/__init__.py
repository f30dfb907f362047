"""Files that grow: find them, tell who they are, cut them into lines.

siblings     a name without the suffixes of rotation (pure)
names        name of a file -> its source and its data stream (pure)
find         which files are there now
fingerprint  bytes of a file -> who it is (pure)
frame        bytes read -> whole lines and their offsets (pure)
check        may this line travel (pure)
content      what can be read of an open file, as it is
gzipped      the same of a compressed one
harvest      one open file, read from where the last read ended
known        the files that are read, and those that rest
adopt        an open file that nobody reads yet, compared with a row of the registry
strangers    those files: which row is theirs, or that they wait
copies       copies of files that are read, from which nothing is shipped
bounds       which files may or must be deleted (pure)
deletions    deletes them; what is lost with one is counted
sweep        from time to time: rows of files that are gone
loss         what people are told, and bytes lost by reason
likeness     whether a file that nobody reads yet repeats another: a copy of it, or compressed from it
unmet        files that have no row of the registry yet, and what they tell of what was never read
unread       files that went before anybody opened them: their bytes are lost
heirs        which copy a file is read on in, once it is cut short or gone
cut          files that were cut short: goes on in their copies, tells of losses
tail         all of them: adopts new files, follows renames, lets go of files that are gone

A file that was listed is in one of these states; each look moves it on:

stranger  Strangers.found   no row of the registry is known to be its own: no whole line yet, no room, or
                            another file must be looked at first. -> read, copy
read      Known.harvesters  open, with a row. -> resting when it is settled and its place is needed; gone; cut
resting   Known.resting     closed, wholly settled. -> stranger when it changes; that finds the same row again
copy      Copies.held       begins as a file that is read or rests; nothing of it is sent; closed where others
                            need its place. -> read under that file's row when that one is gone or cut;
                            stranger when it comes to differ
cut       Cuts.go_on        the content is another one: the row goes to the longest copy, or lies nowhere
                            (Row.place is None) until that is told; the file is a stranger again
gone      Row.gone_s        no longer listed: read to its end from the open descriptor, then let go
"""
