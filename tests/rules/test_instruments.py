"""The second and third instrument: their examples come to what was worked out by hand, beside each figure."""

from fractions import Fraction
from pathlib import Path

import pytest

from cchc_rules import load_measurements, load_rules, score

EXAMPLES = Path(__file__).parents[2] / "examples"

DECISION_766 = {
    "published-in-time": ("met", "6.00"),  # 118/120 = 98.33 %
    "synchronised": (
        "partly_met",
        "5.25",
    ),  # 2400 × 3 / 12 = 600; 420/600 = 70 %; 6 × 70/80
    "updated-in-time": ("not_applicable", "0.00"),
    "complete": ("not_applicable", "0.00"),
    "on-time": ("met", "20.00"),  # 452/470 = 96.17 %
    "online-services": ("partly_met", "9.00"),
    "payable-offered": ("partly_met", "1.88"),  # 2 × 75/80 = 1.875
    "payable-used": ("partly_met", "1.00"),  # 2 × 40/80
    "paid-online": ("partly_met", "4.50"),  # 6 × 37.5/50
    "electronic-results": ("met", "6.00"),  # 380/452 = 84.07 %
    "dossiers-digitised": ("partly_met", "3.19"),  # 4 × 63.8298/80 = 3.1915
    "certified-copies": ("partly_met", "0.25"),  # 2 × 10/80
    "data-reused": ("partly_met", "0.75"),  # 2 × 30/80
    "connected": ("met", "4.00"),  # 90 %
    "population-verified": ("met", "2.00"),  # 80 %
    "population-reused": ("partly_met", "1.00"),  # 2 × 40/80
    "feedback-in-time": ("not_applicable", "0.00"),  # 0/0
    "feedback-satisfaction": ("not_applicable", "0.00"),
    "reception-satisfaction": ("partly_met", "5.33"),  # 6 × 80/90 = 5.3333
    "feedback-classified": ("not_applicable", "0.00"),
}

ACCESS_TO_LAW = {
    "documents-lawful": ("not_applicable", "20.00"),  # nothing issued counts as full
    "plan-date": ("partly_met", "5.00"),  # five days late: half of 10
    "published": ("partly_met", "19.35"),  # 20 × 91.9355/95 = 19.3548
    "sessions": ("partly_met", "6.00"),  # 10 − 2 × 2
    "requests-answered": ("not_applicable", "10.00"),
    "mediated": ("partly_met", "14.00"),  # 7/11 = 63.64 %
    "disciplined": ("not_met", "-10.00"),  # 10 − 2 × 10
}

COUNCIL = {
    "plan": ("met", "5.00"),
    "inspected": ("partly_met", "7.50"),  # 31 %: 5 + 1.25 × 2
    "reports": ("partly_met", "9.17"),  # 10 × 11/12 = 9.1667
    "on-time": ("met", "20.00"),
    "excess": ("partly_met", "7.50"),  # 10 − 2.5
    "discipline": ("met", "10.00"),
    "people": ("partly_met", "10.56"),  # 20 × 0.6 × 88/100
    "firms": ("partly_met", "7.28"),  # 20 × 0.4 × 91/100
    "online": ("partly_met", "8.00"),  # 10 × 64/80
    "data": ("partly_met", "2.50"),
    "models": ("partly_met", "2.00"),
    "late": ("partly_met", "3.50"),  # 5 − 0.5 × 3
}

SCORECARD = {
    "years": ("partly_met", "18.00"),
    "arrears": ("missing", "12.00"),  # 40 % of 30
    "used": ("partly_met", "9.00"),  # 45/60 = 75 %
    "premises": ("partly_met", "10.00"),
}


def report(name):
    rules = load_rules(name)
    return score(rules, load_measurements(EXAMPLES / f"{name}.json", rules)).to_dict(
        "en"
    )


@pytest.mark.parametrize(
    ("name", "expected", "index", "band"),
    [
        (
            "qd-766-2022",
            DECISION_766,
            "85.55",
            "good",
        ),  # 70.15 × 100 / (100 − 18) = 85.5488
        # 87.51 + 2 − 1.5: Good, and 1.99 short of Excellent.
        ("example-council", COUNCIL, "88.01", "good"),
        ("example-scorecard", SCORECARD, "49.00", "c"),
        ("example-access-to-law", ACCESS_TO_LAW, "64.35", "not-reached"),
    ],
)
def test_the_example_comes_to_what_was_worked_out_by_hand(name, expected, index, band):
    found = report(name)
    assert {
        rule["id"]: (rule["state"], rule["earned"]) for rule in found["rules"]
    } == expected
    # Bonus and penalty points stand beside the points of the index.
    of_base = [expected[id_] for id_ in expected if id_ not in ("models", "late")]
    assert sum(Fraction(earned) for _, earned in of_base) == Fraction(
        found["index"]["earned"]
    )
    assert (found["index"]["value"], found["band"]["id"]) == (index, band)


def test_the_weights_of_decision_766():
    groups = {
        group.id: group.weight
        for group in load_rules("qd-766-2022").groups.values()
        if group.parent is None
    }
    assert groups == {
        "openness": 18,
        "progress": 20,
        "online": 22,
        "digitisation": 22,
        "satisfaction": 18,
    }
    assert sum(groups.values()) == 100


def test_a_month_and_a_quarter_take_their_share_of_last_year():
    """1200 last year are 100 a month and 300 a quarter; the larger of two sources goes before."""
    rules = load_rules("qd-766-2022")
    head = {"format": 1, "ruleset": "qd-766-2022", "unit": "UBND xã Ví Dụ"}
    for period, figures, points in (
        (
            "2024-05",
            {"received_last_year": 1200, "synchronised": 40},
            "3.00",
        ),  # 40 %: 6 × 40/80
        ("2024-Q2", {"received_last_year": 1200, "synchronised": 120}, "3.00"),
        (
            "2024-Q2",
            {
                "received_last_year": 1200,
                "synchronised": 120,
                "received_by_system": 600,
            },
            "1.50",
        ),  # 20 %
        (
            "2024",
            {"received_by_system": 100, "received_by_reports": 150, "synchronised": 60},
            "3.00",
        ),  # 60/150
        (
            "2024",
            {"received_last_year": 100, "synchronised": 150},
            "6.00",
        ),  # never more than the maximum
    ):
        found = score(
            rules,
            load_measurements(
                {**head, "period": period, "measurements": figures}, rules
            ),
        ).to_dict()
        assert (
            next(
                rule["earned"]
                for rule in found["rules"]
                if rule["id"] == "synchronised"
            )
            == points
        )


def test_two_officials_penalised_take_points_off_the_whole_and_close_the_band():
    found = report("example-access-to-law")
    assert found["groups"][-1]["earned"] == "-10.00"
    assert found["band"]["gates"] == []  # 64.35 is below 80 anyway
