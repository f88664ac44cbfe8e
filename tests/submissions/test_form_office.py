"""A form that LibreOffice has opened and saved is read as it was filled in.

Without LibreOffice this is skipped; with CCHC_OFFICE=1 it fails then.
"""

import json
from decimal import Decimal
from pathlib import Path

import pytest
from fill_form import filled
from office import resaved
from packaged_rules import packaged

from cchc_rules import load_measurements
from cchc_rules.render.form_workbook import form
from cchc_rules.submissions.blank import blank

EXAMPLE = Path(__file__).parents[2] / "examples" / "cam-due-2023.json"


@pytest.mark.wide
def test_a_form_saved_by_libreoffice_is_read_as_it_was_filled_in(tmp_path):
    submission = json.loads(EXAMPLE.read_text(encoding="utf-8"), parse_float=Decimal)
    rules = packaged("cam-due-2023")
    saved = resaved(filled(form(blank(rules)), submission), tmp_path)
    path = tmp_path / "saved.xlsx"
    path.write_bytes(saved)
    assert load_measurements(path, rules) == load_measurements(submission, rules)
