"""How well readers read: frozen page and line sets, measures, and one command that puts the readers side by side.

Nothing here is trained on: the recogniser's training knows neither these templates and sentences nor these faces and wear.
"""
