"""The frozen evaluation of finding people: made people, damaged records, questions, scores, and peers asked the same."""
