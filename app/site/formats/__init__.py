"""How languages write dates, where it is not as Django has it. Templates name a format: `date:"DATE_FORMAT"`."""
