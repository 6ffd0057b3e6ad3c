"""How `make docs` builds the documentation: the pages of docs/ and owed/docs/, and the ledger's names from their docstrings.

The source is the whole checkout, so that a link between two files is the same on the site and in the repository.
"""

import os
import sys
from pathlib import Path

import django

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
django.setup()

project = "Afterword"
author = "The Afterword authors"
copyright = f"2026, {author}"
root_doc = "docs/index"
include_patterns = ["docs/**", "owed/CHANGELOG.md", "owed/docs/**", "CHANGELOG.md", "CONTRIBUTING.md", "SECURITY.md"]
exclude_patterns = [".*", "app", "bench", "config", "node_modules", "staticfiles", "tasks", "tests", "tools", "var", "worker"]
extensions = ["myst_parser", "sphinx.ext.autodoc", "sphinx_copybutton", "sphinx_design"]

myst_enable_extensions = ["colon_fence", "deflist"]
myst_heading_anchors = 3

autodoc_member_order = "bysource"
autodoc_typehints = "description"
# Celery's and Django's own docstrings name pages and roles of their documentation.
autodoc_inherit_docstrings = False
# A type hint names a class by its last word, and django.tasks and the ledger both have a Task: the link goes to one of them.
suppress_warnings = ["ref.python"]
# Docstrings quote code as Markdown does, with one backtick.
default_role = "code"

html_theme = "furo"
html_title = "Afterword"
html_favicon = "../app/web/static/mark.svg"
html_copy_source = False
html_additional_pages = {"index": "redirect.html"}
templates_path = ["templates"]
html_theme_options = {
    "light_css_variables": {"color-brand-primary": "#2438b8", "color-brand-content": "#2438b8"},
    "dark_css_variables": {"color-brand-primary": "#98a6ff", "color-brand-content": "#98a6ff"},
}
