"""Photographs of cards that nobody took.

background   tables, wood, cloth, paper, walls
flat         flat things, and what the drawn ones are made of
papers       pages, forms, notes, prints
wallet       bank cards and others, banknotes, tickets
screens      telephones, windows of screens
goods        books, packages, labels, pens
signs        signs and boards on walls
clutter      all of these, and how often each lies about
panel        cards that touch each other or share a sheet
laminate     a card in a pouch of clear film
hands        fingers and things over a card
camera       where a card lies before the camera, and how it gets into the picture
light        light, shadow, glare, blur, noise, compression
scene        all of it together, with labels
"""
