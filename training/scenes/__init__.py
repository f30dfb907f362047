"""Photographs of cards that nobody took.

background   tables, wood, cloth, paper, walls
clutter      things that are no cards: pages of text, bank cards, receipts, screens, books, pens
panel        cards that touch each other or share a sheet
hands        fingers and things over a card
camera       where a card lies before the camera, and how it gets into the picture
light        light, shadow, glare, blur, noise, compression
scene        all of it together, with labels
"""
