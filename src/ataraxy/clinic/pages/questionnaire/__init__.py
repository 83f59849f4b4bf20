"""One questionnaire that a patient answers through a link: it expires, works once, and shows nothing else."""
