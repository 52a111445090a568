"""Finding people and pages again: index documents, name keys, candidates, ranking with reasons, and what a search could not see."""
