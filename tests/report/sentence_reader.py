"""A reader of printed reports: it takes each line back into what it claims, and holds that against the document.

It knows nothing of how reports are written. Its sentences stand here as a person would write them down after reading some
reports, in both languages; none is taken from the catalogues. What it cannot read, or reads in two ways, is a fault of
the words; what it reads and the document does not say is a fault of the report.
"""

import re
from dataclasses import dataclass, field
from datetime import date
from fractions import Fraction

from oracle import round_as

MONTHS = (
    *("January", "February", "March", "April", "May", "June", "July", "August"),
    *("September", "October", "November", "December"),
)

# Words ------------------------------------------------------------------------------------------

WORDS = {
    "en": {
        "title": "SELF-ASSESSMENT OF ADMINISTRATIVE REFORM",
        "labels": {
            "Unit": "unit",
            "Period": "period",
            "Rule set": "ruleset",
            "In force from": "since",
            "Note": "note",
            "Tried": "tried",
            "Index": "index",
            "Arithmetic": "arithmetic",
            "Band": "band",
            "Evidence": "evidence",
            "Possible": "possible",
            "Target": "target",
            "Rules": "counts",
            "Clause": "clause",
            "Required": "required",
            "Set in": "origin",
            "Reported": "reported",
            "Reason": "reason",
            "Win back": "win_back",
            "At least": "gain_any",
            "For all": "gain_all",
            "Task": "task",
            "Lead": "lead",
            "With": "with",
            "Due": "due",
            "Budget": "budget",
            "Submitted": "submitted",
            "Proof": "product",
            "Conflict": "conflict",
            "Document": "document",
            "Weights": "weights",
            "Conflicts": "conflicts",
            "Submission": "submission",
            "Engine": "engine",
        },
        "headings": {
            "AREAS": "areas",
            "LOST POINTS, LARGEST FIRST": "losses",
            "MISSING": "missing",
            "NOT YET DUE": "not_due",
            "NOT APPLICABLE": "not_applicable",
            "WAIVED": "waived",
            "POINTS CLAIMED WITHOUT EVIDENCE": "unsupported",
            "LOST BEYOND A CAP, WITHOUT EFFECT": "without_effect",
            "JUDGED BY A FALLBACK FIGURE": "fallback",
            "FURTHER TRACKS": "tracks",
            "PROVENANCE": "provenance",
        },
        "areas": "Area Earned Lost Excluded Maximum █ earned ░ lost · excluded",
        "kinds": {"bonus": "bonus", "penalty": "penalty"},
        "states": {
            "met": "met",
            "partly met": "partly_met",
            "not met": "not_met",
            "missing": "missing",
            "not applicable": "not_applicable",
            "not yet due": "not_due",
            "waived": "waived",
        },
        "yes": {"yes": True, "no": False},
        "and": " and ",
        "bases": {
            "stated by the plan": "stated",
            "borrowed from another index": "borrowed",
            "chosen": "chosen",
        },
    },
    "vi": {
        "title": "BÁO CÁO TỰ CHẤM ĐIỂM CẢI CÁCH HÀNH CHÍNH",
        "labels": {
            "Đơn vị": "unit",
            "Kỳ": "period",
            "Bộ tiêu chí": "ruleset",
            "Áp dụng từ": "since",
            "Ghi chú": "note",
            "Thử với": "tried",
            "Chỉ số": "index",
            "Cách tính": "arithmetic",
            "Xếp loại": "band",
            "Minh chứng": "evidence",
            "Có thể đạt": "possible",
            "Mục tiêu": "target",
            "Tiêu chí": "counts",
            "Căn cứ": "clause",
            "Yêu cầu": "required",
            "Tệp quy định": "origin",
            "Báo cáo": "reported",
            "Lý do": "reason",
            "Lấy lại": "win_back",
            "Ít nhất": "gain_any",
            "Để lấy hết": "gain_all",
            "Việc cần làm": "task",
            "Chủ trì": "lead",
            "Phối hợp": "with",
            "Thời hạn": "due",
            "Kinh phí": "budget",
            "Đã nộp": "submitted",
            "Sản phẩm": "product",
            "Mâu thuẫn": "conflict",
            "Văn bản": "document",
            "Điểm tối đa": "weights",
            "Biểu số liệu": "submission",
            "Phần mềm": "engine",
        },
        "headings": {
            "CÁC LĨNH VỰC": "areas",
            "ĐIỂM BỊ MẤT, TỪ LỚN ĐẾN NHỎ": "losses",
            "CHƯA BÁO CÁO": "missing",
            "CHƯA ĐẾN HẠN": "not_due",
            "KHÔNG ÁP DỤNG": "not_applicable",
            "ĐƯỢC MIỄN": "waived",
            "CÓ ĐIỂM NHƯNG THIẾU TÀI LIỆU KIỂM CHỨNG": "unsupported",
            "VƯỢT MỨC TRẦN, KHÔNG TÍNH": "without_effect",
            "CHẤM THEO SỐ LIỆU THAY THẾ": "fallback",
            "CÁC CỘT ĐIỂM KHÁC": "tracks",
            "NGUỒN GỐC": "provenance",
        },
        "areas": "Lĩnh vực Đạt Mất Loại trừ Tối đa █ đạt ░ mất · loại trừ",
        "kinds": {"điểm thưởng": "bonus", "điểm trừ": "penalty"},
        "states": {
            "đạt": "met",
            "đạt một phần": "partly_met",
            "không đạt": "not_met",
            "chưa báo cáo": "missing",
            "không áp dụng": "not_applicable",
            "chưa đến hạn": "not_due",
            "được miễn": "waived",
        },
        "yes": {"có": True, "không": False},
        "and": " và ",
        "bases": {
            "văn bản quy định": "stated",
            "mượn từ bộ chỉ số khác": "borrowed",
            "tự chọn": "chosen",
        },
    },
}

# Sentences: `{n:…}` a number, `{p:…}` one without sign, `{d:…}` a day, `{t:…}` free words -----------------------------------

SENTENCES = {
    "en": {
        "amount": {
            "lost": "−{n:points} points",
            "under": "−under {n:points} points",
            "excluded": "{p:points} points excluded",
            "full": "{p:points} points, counted in full",
            "part": "{p:points} points all the same",
            "of": "{p:points} points",
            "none": "no points lost",
        },
        "nothing": {
            "no-losses": "No points were lost by the figures reported.",
            "no-losses-yet": "The figures reported cost no points; the index can still rise or fall with what is listed below.",
        },
        "required": {
            "full": "the full {n:points} points",
            "information": "for information",
            "otherwise": "everything else",
            "days-late": "{t:range} days late",
            "one_of": "one of: {t:list}",
        },
        "edge": {
            ">=": "at least {t:value}",
            ">": "above {t:value}",
            "<=": "at most {t:value}",
            "<": "below {t:value}",
            "==": "exactly {t:value}",
            "!=": "other than {t:value}",
            "on_or_before": "on or before {t:value}",
            "before": "before {t:value}",
            "on_or_after": "on or after {t:value}",
            "after": "after {t:value}",
            "better": "better than {t:value}",
        },
        "of-absent": {"of-absent": "the figure of “{t:title}” ({t:why})"},
        "absent": {
            "not_reported": "not reported",
            "waiver_ended": "the waiver ended on {d:day}",
            "points_awaited": "waiting for points from a person",
            "not_applicable": "not applicable: {t:why}",
            "zero_denominator": "nothing arose (the denominator is zero)",
            "block_absent": "the whole block is absent: {t:why}",
            "waived": "waived: {t:why}",
            "not_due": "not yet due",
        },
        "given": {"given": "{n:points} points"},
        "said": {"said": "reported {t:figure}"},
        "less": {"less": "{t:reported}, less {n:count} exempt"},
        "reason": {
            "target_met": "Met: {t:reported}, required {t:required}.",
            "information": "Information only, no points: {t:reported}.",
            "target_missed": "Not met: {t:reported}, required {t:required}.",
            "below_target": "Partly met, in proportion: {t:reported}, required {t:required}.",
            "below_floor": "Below the floor, so no points: {t:reported}, required {t:required}.",
            "units_off": "Points off for each unit short or over: {t:reported}, required {t:required}.",
            "tier": "In the tier “{t:tier}”: {t:reported}; the best tier is {t:required}.",
            "formula": "By formula: {t:reported}.",
            "manual": "Points given by a person: {t:why}",
            "gate_closed": "No points, because a rule that comes first is not met: {t:why}.",
            "gate_unknown": "Open, because a rule that comes first is not reported: {t:why}.",
            "not_reported": "No figure was reported; required {t:required}.",
            "waiver_ended": "Not reported; the waiver ended on {d:day}.",
            "points_awaited": "Waiting for points from a person.",
            "not_applicable": "Not applicable: {t:why}",
            "zero_denominator": "Nothing arose in the period (the denominator is zero).",
            "block_absent": "The whole block is absent this time: {t:why}",
            "not_due": "Not yet due ({d:day}): {t:reported}, required {t:required}.",
            "waived": "Waived: by {t:by}, until {d:until}: {t:why}",
        },
        "further": {
            "lack": "It also needs, and does not have: {t:titles}.",
            "fallback": "A fallback figure was used: {t:source}.",
            "by-hand": "Points given by a person: {t:why}",
        },
        "verdict": {
            "met": "{t:reported}, required {t:required}: met",
            "not-met": "{t:reported}, required {t:required}: not met",
            "below-floor": "{t:reported}, below the floor {n:floor}",
            "no-way": "{t:reported}, but the required {n:target} does not lie beyond {n:start}, where points begin: nothing short of it earns any",
            "tier": "{t:reported}, tier “{t:tier}”: {t:worth}",
            "gate": "“{t:why}” is not met",
            "given": "points given by a person",
            "credit": "points that the rules give in this case",
        },
        "standing": {
            "information": "no points",
            "by-hand": "{n:points} points given by a person",
            "lost": "0 of {n:points} points",
            "full": "counted in full: {n:points} points",
            "exclude": "{n:points} points leave the maximum; the index is rescaled",
            "show": "{n:points} points neither earned nor lost",
            "to-others": "left out of the mean; its share goes to the other rules of the group",
            "no-effect": "neither adds nor takes points",
        },
        "tail": {
            "lost": "{t:sum} lost",
            "without-effect": "{n:points} beyond the cap, without effect",
        },
        "of-weight": {"of-weight": "{t:line} of {n:weight}"},
        "rounded": {
            "half_up": "{t:line} (rounded to {n:step})",
            "half_even": "{t:line} (rounded to {n:step}, a half to the even step)",
            "down": "{t:line} (cut off to {n:step})",
            "up": "{t:line} (rounded up to {n:step})",
        },
        "apportioned": {
            "apportioned": "{t:sum} (rounded so that the losses of the rules add up to the group's)"
        },
        "limit": {
            "at-most": "{t:line}, not above {n:limit}",
            "at-least": "{t:line}, not below {n:limit}",
            "exempt": "{t:line} ({n:of} less {n:count} exempt, against {n:threshold})",
        },
        "win_back": {
            "points": "Once points are given: up to {u:points} points more",
            "gate-unknown": "Report “{t:why}” first: up to {u:points} points more",
            "gate": "First meet “{t:why}”: up to {u:points} points more",
            "report": "Report the figure: up to {u:points} points more",
            "report-other": "Report “{t:why}”: up to {u:points} points more",
            "past": "Cannot be won back: the date has passed ({t:required})",
            "past-partly": "Cannot all be won back: the date has passed ({t:required})",
            "none": "No change of a single figure wins points back; required {t:required}",
            "at-cap": "Wins nothing back by itself: what else is lost in the group fills its cap",
            "is": "Once “{t:required}” can be reported: {u:points} points more",
            "reach": "Reach {t:required}: {u:points} points more",
        },
        "under": {"under": "under {n:points}", "points": "{n:points}"},
        "gain": {
            "both": "{t:change}: {n:points} points, index {n:index}",
            "rule-only": "{t:change}: {n:points} points, index unchanged",
            "no-index": "{t:change}: {n:points} points; there is still no index",
        },
        "change": {
            "more": "{t:of}: {n:change} more ({n:to}/{n:denominator})",
            "fewer": "{t:of}: {n:change} fewer ({n:to}/{n:denominator})",
            "up": "from {n:from} up to {t:to}",
            "down": "from {n:from} down to {t:to}",
            "becomes": "“{t:to}” can be reported",
            "again": "done again on {t:to}",
            "report": "reported at {t:to}",
            "report-as": "reported as “{t:to}”",
        },
        "index": {
            "none": "none: nothing is left to score",
            "of": "{n:value} / {n:scale}",
        },
        "index-line": {
            "none": "nothing left to score",
            "sum": "{n:earned} × {n:scale} / {n:left} = {t:results}",
        },
        "pool": {"bonus": "+ {n:points} (bonus)", "penalty": "− {n:points} (penalty)"},
        "held": {
            "held": "{t:line}, not above {n:limit}",
            "held-up": "{t:line}, not below {n:limit}",
        },
        "band": {
            "gated": "lowered because not met: {t:rules}",
            "gated-partly": "lowered because met only in part: {t:rules}",
            "gated-missing": "lowered because not reported: {t:rules}",
            "needs": "lowered for lack of: {t:needs}",
            "next": "{n:distance} points below “{t:band}”",
            "next-gated": "{n:distance} points below “{t:band}”, which also needs: {t:rules}",
        },
        "share": {
            "enough": "{n:share} %: {n:earned} of {n:maximum} points",
            "lacking": "{n:share} %: {n:earned} of {n:maximum} points, {n:lacking} points short",
        },
        "evidence": {
            "evidence": "{n:claimed} claimed, {n:supported} supported by documents"
        },
        "possible": {"possible": "from {n:lowest} to {n:highest}"},
        "target": {
            "reached": "{t:title} ({t:clauses}): reached",
            "missed": "{t:title} ({t:clauses}): not reached",
            "lacking": "{t:title} ({t:clauses}): not reached, for lack of: {t:needs}",
            "open": "{t:title} ({t:clauses}): not judged: there is no index",
        },
        "period": {"period": "{t:period}, judged at {d:day}"},
        "origin": {
            "threshold": "threshold from {t:place}",
            "deduction": "way of scoring from {t:place}",
        },
        "conflicts": {
            "count": "{n:count} rules have another reading in the same document; both readings are shown"
        },
    },
    "vi": {
        "amount": {
            "lost": "−{n:points} điểm",
            "under": "−dưới {n:points} điểm",
            "excluded": "loại trừ {p:points} điểm",
            "full": "{p:points} điểm, được tính đủ",
            "part": "vẫn được {p:points} điểm",
            "of": "{p:points} điểm",
            "none": "không mất điểm",
        },
        "nothing": {
            "no-losses": "Không mất điểm nào vì số liệu chưa đạt.",
            "no-losses-yet": "Số liệu đã báo cáo không làm mất điểm; chỉ số còn thay đổi theo các nội dung nêu dưới đây.",
        },
        "required": {
            "full": "đủ {n:points} điểm",
            "information": "chỉ để tham khảo",
            "otherwise": "các trường hợp còn lại",
            "days-late": "chậm {t:range} ngày",
            "one_of": "một trong: {t:list}",
        },
        "edge": {
            ">=": "tối thiểu {t:value}",
            ">": "trên {t:value}",
            "<=": "tối đa {t:value}",
            "<": "dưới {t:value}",
            "==": "đúng {t:value}",
            "!=": "khác {t:value}",
            "on_or_before": "chậm nhất {t:value}",
            "before": "trước {t:value}",
            "on_or_after": "từ {t:value}",
            "after": "sau {t:value}",
            "better": "tốt hơn {t:value}",
        },
        "of-absent": {"of-absent": "mức của “{t:title}” ({t:why})"},
        "absent": {
            "not_reported": "chưa báo cáo",
            "waiver_ended": "miễn trừ đã hết hạn ngày {d:day}",
            "points_awaited": "chờ người có thẩm quyền cho điểm",
            "not_applicable": "không áp dụng: {t:why}",
            "zero_denominator": "không phát sinh (mẫu số bằng 0)",
            "block_absent": "cả phần này không có: {t:why}",
            "waived": "được miễn: {t:why}",
            "not_due": "chưa đến hạn",
        },
        "given": {"given": "{n:points} điểm"},
        "said": {"said": "báo cáo {t:figure}"},
        "less": {"less": "{t:reported}, trừ {n:count} được loại trừ"},
        "reason": {
            "target_met": "Đạt: {t:reported}, yêu cầu {t:required}.",
            "information": "Chỉ để tham khảo, không tính điểm: {t:reported}.",
            "target_missed": "Không đạt: {t:reported}, yêu cầu {t:required}.",
            "below_target": "Đạt một phần theo tỷ lệ: {t:reported}, yêu cầu {t:required}.",
            "below_floor": "Dưới mức sàn nên không có điểm: {t:reported}, yêu cầu {t:required}.",
            "units_off": "Trừ điểm theo từng đơn vị còn thiếu hoặc vượt: {t:reported}, yêu cầu {t:required}.",
            "tier": "Thuộc bậc “{t:tier}”: {t:reported}, bậc cao nhất {t:required}.",
            "formula": "Tính theo công thức: {t:reported}.",
            "manual": "Người chấm cho điểm: {t:why}",
            "gate_closed": "Không có điểm vì chưa đạt điều kiện trước: {t:why}.",
            "gate_unknown": "Chưa rõ vì điều kiện trước chưa báo cáo: {t:why}.",
            "not_reported": "Chưa báo cáo số liệu; yêu cầu {t:required}.",
            "waiver_ended": "Chưa báo cáo; miễn trừ đã hết hạn ngày {d:day}.",
            "points_awaited": "Chờ người có thẩm quyền cho điểm.",
            "not_applicable": "Không áp dụng: {t:why}",
            "zero_denominator": "Không phát sinh trong kỳ (mẫu số bằng 0).",
            "block_absent": "Cả phần này không có trong kỳ: {t:why}",
            "not_due": "Chưa đến hạn ({d:day}): {t:reported}, yêu cầu {t:required}.",
            "waived": "Được miễn: {t:by} cho miễn đến hết ngày {d:until}: {t:why}",
        },
        "further": {
            "lack": "Còn thiếu số liệu: {t:titles}.",
            "fallback": "Dùng số thay thế: {t:source}.",
            "by-hand": "Người chấm cho điểm: {t:why}",
        },
        "verdict": {
            "met": "{t:reported}, yêu cầu {t:required}: đạt",
            "not-met": "{t:reported}, yêu cầu {t:required}: không đạt",
            "below-floor": "{t:reported}, dưới mức sàn {n:floor}",
            "no-way": "{t:reported}, nhưng mức yêu cầu {n:target} không nằm sau mốc bắt đầu tính điểm {n:start}: chưa đạt yêu cầu thì không có điểm",
            "tier": "{t:reported}, bậc “{t:tier}”: {t:worth}",
            "gate": "“{t:why}” chưa đạt",
            "given": "điểm người chấm cho",
            "credit": "điểm quy định cho trường hợp này",
        },
        "standing": {
            "information": "không tính điểm",
            "by-hand": "{n:points} điểm do người chấm cho",
            "lost": "tính 0 trên {n:points} điểm",
            "full": "được tính đủ {n:points} điểm",
            "exclude": "loại {n:points} điểm khỏi điểm tối đa, quy đổi lại chỉ số",
            "show": "{n:points} điểm không tính là đạt, cũng không tính là mất",
            "to-others": "không tính vào trung bình; tỷ trọng chuyển cho các tiêu chí khác của nhóm",
            "no-effect": "không cộng, không trừ điểm",
        },
        "tail": {
            "lost": "mất {t:sum}",
            "without-effect": "{n:points} vượt mức trần, không tính",
        },
        "of-weight": {"of-weight": "{t:line} trên {n:weight}"},
        "rounded": {
            "half_up": "{t:line} (làm tròn đến {n:step})",
            "half_even": "{t:line} (làm tròn đến {n:step}, nửa bước thì về bước chẵn)",
            "down": "{t:line} (bỏ phần lẻ dưới {n:step})",
            "up": "{t:line} (làm tròn lên đến {n:step})",
        },
        "apportioned": {
            "apportioned": "{t:sum} (làm tròn sao cho các tiêu chí cộng lại đúng bằng điểm mất của nhóm)"
        },
        "limit": {
            "at-most": "{t:line}, không vượt quá {n:limit}",
            "at-least": "{t:line}, không thấp hơn {n:limit}",
            "exempt": "{t:line} ({n:of} trừ {n:count} được loại trừ, so với {n:threshold})",
        },
        "win_back": {
            "points": "Khi được cho điểm: có thể thêm tới {u:points} điểm",
            "gate-unknown": "Báo cáo số liệu của “{t:why}” trước: có thể thêm tới {u:points} điểm",
            "gate": "Trước hết phải đạt “{t:why}”: có thể thêm tới {u:points} điểm",
            "report": "Báo cáo số liệu: có thể thêm tới {u:points} điểm",
            "report-other": "Báo cáo “{t:why}”: có thể thêm tới {u:points} điểm",
            "past": "Không lấy lại được: đã quá hạn ({t:required})",
            "past-partly": "Không lấy lại được hết: đã quá hạn ({t:required})",
            "none": "Không thay đổi riêng một số liệu nào lấy lại được điểm; yêu cầu {t:required}",
            "at-cap": "Riêng tiêu chí này không lấy lại được điểm: các điểm mất khác đã hết mức trần của nhóm",
            "is": "Khi báo cáo được “{t:required}”: thêm {u:points} điểm",
            "reach": "Khi đạt {t:required}: thêm {u:points} điểm",
        },
        "under": {"under": "dưới {n:points}", "points": "{n:points}"},
        "gain": {
            "both": "{t:change}: {n:points} điểm, chỉ số {n:index}",
            "rule-only": "{t:change}: {n:points} điểm, chỉ số không đổi",
            "no-index": "{t:change}: {n:points} điểm; vẫn chưa có chỉ số",
        },
        "change": {
            "more": "thêm {n:change} {t:of} ({n:to}/{n:denominator})",
            "fewer": "bớt {n:change} {t:of} ({n:to}/{n:denominator})",
            "up": "tăng từ {n:from} lên {t:to}",
            "down": "giảm từ {n:from} xuống {t:to}",
            "becomes": "báo cáo được “{t:to}”",
            "again": "làm lại vào ngày {t:to}",
            "report": "báo cáo ở mức {t:to}",
            "report-as": "báo cáo là “{t:to}”",
        },
        "index": {
            "none": "không có: không còn điểm nào để tính",
            "of": "{n:value} / {n:scale}",
        },
        "index-line": {
            "none": "không còn điểm nào để tính",
            "sum": "{n:earned} × {n:scale} / {n:left} = {t:results}",
        },
        "pool": {
            "bonus": "+ {n:points} (điểm thưởng)",
            "penalty": "− {n:points} (điểm trừ)",
        },
        "held": {
            "held": "{t:line}, không vượt quá {n:limit}",
            "held-up": "{t:line}, không thấp hơn {n:limit}",
        },
        "band": {
            "gated": "bị hạ vì chưa đạt: {t:rules}",
            "gated-partly": "bị hạ vì mới đạt một phần: {t:rules}",
            "gated-missing": "bị hạ vì chưa báo cáo: {t:rules}",
            "needs": "bị hạ vì chưa có: {t:needs}",
            "next": "còn {n:distance} điểm nữa lên “{t:band}”",
            "next-gated": "còn {n:distance} điểm nữa lên “{t:band}”, và phải đạt thêm: {t:rules}",
        },
        "share": {
            "enough": "{n:share} %: {n:earned} trên {n:maximum} điểm",
            "lacking": "{n:share} %: {n:earned} trên {n:maximum} điểm, còn thiếu {n:lacking} điểm",
        },
        "evidence": {
            "evidence": "tự nhận {n:claimed}, có tài liệu kiểm chứng {n:supported}"
        },
        "possible": {"possible": "từ {n:lowest} đến {n:highest}"},
        "target": {
            "reached": "{t:title} ({t:clauses}): đạt",
            "missed": "{t:title} ({t:clauses}): chưa đạt",
            "lacking": "{t:title} ({t:clauses}): chưa đạt, vì chưa có: {t:needs}",
            "open": "{t:title} ({t:clauses}): không xét: không có chỉ số",
        },
        "period": {"period": "{t:period}, chấm tại ngày {d:day}"},
        "origin": {
            "threshold": "ngưỡng lấy từ {t:place}",
            "deduction": "cách tính điểm lấy từ {t:place}",
        },
        "conflicts": {
            "count": "{n:count} tiêu chí có cách hiểu khác trong cùng văn bản; mức áp dụng và mức kia đều được nêu"
        },
    },
}

SIGN = "[+−]?"
NUMBER = {
    "en": SIGN + r"(?:\d{1,3}(?:,\d{3})+|\d+)(?:\.\d+)?",
    "vi": SIGN + r"(?:\d{1,3}(?:\.\d{3})+|\d+)(?:,\d+)?",
}
NEVER = {"en": "never", "vi": "chưa có"}
"""What stands for the day of what was never done, the last one of the calendar."""
WHY = {"en": ": ", "vi": ", lý do: "}
"""What stands between that word and the reason."""
DAY = {
    "en": rf"(?:\d{{1,2}} (?:{'|'.join(MONTHS)}) \d{{4}}|{NEVER['en']})",
    "vi": rf"(?:\d\d/\d\d/\d{{4}}|{NEVER['vi']})",
}
UNDER = {"en": "(?:under )?", "vi": "(?:dưới )?"}
FIELD = re.compile(r"\{([npudt]):([a-z]+)\}")


def number(lang, text):
    """A printed number, exactly; a fraction stands in brackets."""
    text = text.replace("−", "-").strip()
    if text.startswith("(") and text.endswith(")"):
        text = text[1:-1]
    if lang == "vi":
        return Fraction(text.replace(".", "").replace(",", "."))
    return Fraction(text.replace(",", ""))


def decimals_of(lang, text):
    """How many decimal places a number is printed with: none in the thousands of 1,394."""
    return len(text.partition("," if lang == "vi" else ".")[2])


def day(lang, text):
    """A printed day."""
    if text == NEVER[lang]:
        return date.max
    if lang == "vi":
        of_month, month, year = text.split("/")
        return date(int(year), int(month), int(of_month))
    of_month, month, year = text.split(" ")
    return date(int(year), MONTHS.index(month) + 1, int(of_month))


def places(text):
    """How many decimal places a decimal string has."""
    return len(text.partition(".")[2])


def half_up(value, decimals):
    """A fraction rounded to so many places, halves away from zero."""
    ticks = abs(value) * 10**decimals
    whole = (2 * ticks.numerator + ticks.denominator) // (2 * ticks.denominator)
    return Fraction(whole, 10**decimals) * (-1 if value < 0 else 1)


def lacking_text(gate):
    """What a gate asks for that is not there, behind its title."""
    title = f"{gate['title']}: " if gate["title"] else ""
    return title + barring_text(gate["needs"])


def barring_text(needs):
    """The conditions that are not there."""
    return ", ".join(
        need["text"] for need in needs if need["state"] in ("fails", "missing")
    )


class CannotReadError(Exception):
    """A line that the reader does not know, or reads in two ways."""


class Patterns:
    """The sentences of one language as patterns."""

    def __init__(self, lang):
        self.lang = lang
        self.compiled = {
            kind: {name: self._pattern(text) for name, text in sentences.items()}
            for kind, sentences in SENTENCES[lang].items()
        }

    def _pattern(self, text):
        parts = {
            "n": NUMBER[self.lang],
            "p": NUMBER[self.lang].removeprefix(SIGN),
            "u": UNDER[self.lang] + NUMBER[self.lang],
            "d": DAY[self.lang],
            "t": ".+?",
        }
        pattern, end = "", 0
        for found in FIELD.finditer(text):
            kind, name = found.groups()
            pattern += (
                re.escape(text[end : found.start()]) + f"(?P<{name}_>{parts[kind]})"
            )
            end = found.end()
        kinds = {name: kind for kind, name in FIELD.findall(text)}
        return re.compile(pattern + re.escape(text[end:])), kinds

    def every(self, kind, text):
        """Every way in which a text is a sentence of a kind: its name and what it says."""
        for name, (pattern, kinds) in self.compiled[kind].items():
            found = pattern.fullmatch(text)
            if found is None:
                continue
            said = {}
            for key, value in found.groupdict().items():
                said[key[:-1]] = self._value(kinds[key[:-1]], value)
            yield name, said

    def _value(self, kind, text):
        if kind in "np":
            return number(self.lang, text)
        return day(self.lang, text) if kind == "d" else text


# The page -----------------------------------------------------------------------------------------


@dataclass
class Loss:
    """A rule of a list of lost points, with the lines below it."""

    place: int
    amount: str
    title: str
    lines: list = field(default_factory=list)


@dataclass
class Page:
    """A printed report, taken apart into its parts."""

    facts: dict = field(default_factory=dict)
    areas: list = field(default_factory=list)
    losses: dict = field(default_factory=dict)
    nothing: str = ""
    apart: dict = field(default_factory=dict)
    tracks: list = field(default_factory=list)
    files: dict = field(default_factory=dict)


def read(text, lang):
    """A printed report taken apart; a line that is none of what it knows is a fault.

    The report is printed so wide that no line goes on below itself.
    """
    words = WORDS[lang]
    page = Page()
    first, *lines = text.splitlines()
    if first != words["title"]:
        raise CannotReadError(first)
    part = "head"
    for line in lines:
        if not line:
            continue
        if line in words["headings"]:
            part = words["headings"][line]
            continue
        _line(page, part, line, lang)
    return page


def _line(page, part, line, lang):
    words = WORDS[lang]
    if part in ("head", "provenance"):
        label, words_beside = _pair(line)
        if part == "provenance" and label not in words["labels"]:
            page.files[label] = words_beside
            return
        key = words["labels"].get(label)
        if key is None:
            raise CannotReadError(line)
        if part == "provenance":
            key = {"conflict": "conflicts", "note": "rules_note"}.get(key, key)
        page.facts.setdefault(key, []).append(words_beside)
    elif part == "areas":
        if " ".join(line.split()) != words["areas"]:
            page.areas.append(_area(line, lang))
    elif part in ("losses", "missing"):
        _of_losses(page.losses.setdefault(part, []), page, line, lang)
    elif part == "tracks":
        page.tracks.append(line)
    else:
        rules = page.apart.setdefault(part, [])
        if line.startswith("• "):
            rules.append([line[2:]])
        elif line.startswith("  ") and rules:
            rules[-1].append(line[2:])
        else:
            raise CannotReadError(line)


def _pair(line):
    label, gap, words = line.partition("  ")
    if not gap:
        raise CannotReadError(line)
    return label, words.strip()


def _area(line, lang):
    numbers = rf"\s+({NUMBER[lang]})" * 4
    found = re.fullmatch(rf"(.+?){numbers}(?:\s+([█░·]*))?", line)
    if found is None:
        raise CannotReadError(line)
    title, *points, bar = found.groups()
    return title, [number(lang, text) for text in points], bar or ""


def _of_losses(losses, page, line, lang):
    heading = re.fullmatch(r"(\d+)\. (.+?)  (.+)", line)
    if heading and not line.startswith(" "):
        losses.append(Loss(int(heading[1]), heading[2], heading[3]))
    elif line.startswith("   ") and losses:
        label, words = _pair(line.strip())
        if label not in WORDS[lang]["labels"]:
            raise CannotReadError(line)
        losses[-1].lines.append((WORDS[lang]["labels"][label], words))
    elif not losses and not page.nothing:
        page.nothing = line
    else:
        raise CannotReadError(line)


# What it claims, held against the document ------------------------------------------------------


HOLDS = {
    ">=": lambda one, two: one >= two,
    ">": lambda one, two: one > two,
    "<=": lambda one, two: one <= two,
    "<": lambda one, two: one < two,
    "==": lambda one, two: one == two,
    "!=": lambda one, two: one != two,
    "is": lambda one, two: one == two,
    "on_or_before": lambda one, two: one <= two,
    "before": lambda one, two: one < two,
    "on_or_after": lambda one, two: one >= two,
    "after": lambda one, two: one > two,
}
EDGES = {"from": ">=", "above": ">", "to": "<=", "below": "<"}
COMPUTED = ("met", "partly_met", "not_met")
SUM = re.compile(r"[\d.,()×−+/% ]+")
FORMULA = re.compile(r"[\w.,()×−+*/%<>=!“” :-]+")


def meant(value):
    """A value of the document: a number, a day, yes or no, or words."""
    if isinstance(value, bool) or value is None:
        return value
    if re.fullmatch(r"\d{4}-\d\d-\d\d", value):
        return date.fromisoformat(value)
    if re.fullmatch(r"-?\d+(\.\d+)?(/\d+)?", value):
        return Fraction(value)
    return value


class Holder:
    """Holds what a printed report claims against its document.

    `faults` is what was found; `used` which sentences were met, so that a test can ask for every one.
    """

    def __init__(self, document):
        self.document = document
        self.lang = document["language"]
        self.words = WORDS[self.lang]
        self.patterns = PATTERNS[self.lang]
        self.rules = {rule["id"]: rule for rule in document["rules"]}
        self.groups = {group["id"]: group for group in document["groups"]}
        self.places = places(document["index"]["maximum"])
        self.faults = []
        self.used = set()
        self.levels = {}

    # Helpers

    def claim(self, what, said, true):
        """Note a fault where what was said is not what the document has."""
        if said != true:
            self.faults.append(f"{what}: said {said!r}, is {true!r}")

    def claim_figure(self, what, rule, said, true):
        """Note a fault where a figure, or each of a list, is another one than the document has.

        The document names levels by their Vietnamese words, a sentence in its own language: a word
        must then stand for the same level throughout.
        """
        if isinstance(true, list):
            self.claim(what, len(said), len(true))
            for one, two in zip(said, true, strict=False):
                self.claim_figure(what, rule, one, two)
            return
        if self.lang == "en" and isinstance(true, str):
            self.claim(what, said, self.levels.setdefault((rule["metric"], true), said))
            others = {
                word
                for (metric, level), word in self.levels.items()
                if metric == rule["metric"] and level != true
            }
            self.claim(f"{what}: another level", said in others, False)
            return
        self.claim(what, said, true)

    def sentence(self, kind, text):
        """The one way in which a text is a sentence of a kind."""
        ways = list(self.patterns.every(kind, text))
        if len(ways) != 1:
            names = [name for name, _ in ways]
            raise CannotReadError(f"{kind}, read as {names}: {text}")
        self.used.add((kind, ways[0][0]))
        return ways[0]

    def value(self, text, unit=None):
        """A printed figure: a number with its unit, a day, yes or no, or words."""
        text = text.removeprefix("“").removesuffix("”")
        if text in self.words["yes"]:
            return self.words["yes"][text]
        if re.fullmatch(DAY[self.lang], text):
            return day(self.lang, text)
        bare = text.removesuffix(f" {unit}") if unit else text
        if re.fullmatch(NUMBER[self.lang], bare):
            return number(self.lang, bare)
        return text

    # The whole

    def page(self, page):
        """Hold everything that the page says."""
        self._head(page.facts)
        self._index(page.facts)
        self._areas(page.areas)
        self._lists(page)
        self._tracks(page.tracks)
        self._provenance(page)
        for rule in self.rules.values():
            self.rule(rule)

    def _one(self, facts, key):
        said = facts.get(key, [None])
        self.claim(f"lines of {key}", len(said), 1)
        return said[0]

    def _head(self, facts):
        measurements = self.document["measurements"]
        ruleset = self.document["ruleset"]
        unit = measurements["unit"]
        if ruleset["kind_title"]:
            unit += f" ({ruleset['kind_title']})"
        self.claim("unit", self._one(facts, "unit"), unit)
        _, said = self.sentence("period", self._one(facts, "period"))
        self.claim("period", said["period"], measurements["period"])
        self.claim("as of", said["day"], meant(self.document["as_of"]))
        name = f"{ruleset['id']} {ruleset['version']} – {ruleset['title']}"
        self.claim("rule set", self._one(facts, "ruleset"), name)
        notes = {"note": measurements["note"], "document": ruleset["source"]}
        for key, words in (notes | {"rules_note": ruleset["note"]}).items():
            said = " ".join(facts.get(key, []))
            self.claim(key, said, " ".join((words or "").split()))
        if ruleset["since"]:
            since, _, title = self._one(facts, "since").partition(" – ")
            self.claim("since", day(self.lang, since), meant(ruleset["since"]))
            self.claim("since", title, ruleset["since_title"] or "")
        tried = [change["text"] for change in measurements["changes"]]
        self.claim("tried", facts.get("tried", []), tried)

    def _index(self, facts):
        index = self.document["index"]
        name, said = self.sentence("index", self._one(facts, "index"))
        self.claim("there is an index", name == "of", index["value"] is not None)
        if name == "of":
            self.claim("index", said["value"], Fraction(index["value"]))
            self.claim("scale", said["scale"], Fraction(index["scale"]))
        self._index_line(self._one(facts, "arithmetic"))
        self._band(self._one(facts, "band"))
        self._range(facts)
        for line, target in zip(
            facts.get("target", []), self.document["targets"], strict=True
        ):
            name, said = self.sentence("target", line)
            for need in target.get("needs", []):
                self._need(need)
            lacking = barring_text(target.get("needs", []))
            if target["reached"] is False and lacking:
                self.claim("what a target lacks", said.get("needs"), lacking)
                name = "missed"
            reached = {"reached": True, "missed": False, "open": None}[name]
            self.claim("target", reached, target["reached"])
            self.claim("target", said["title"], target["title"])
            self.claim("target", said["clauses"], ", ".join(target["source"]))
        counts = {}
        for part in self._one(facts, "counts").split(", "):
            count, _, state = part.partition(" ")
            counts[self.words["states"][state]] = int(count)
        true = {state: count for state, count in index["counts"].items() if count}
        self.claim("counts", counts, true)

    def _index_line(self, line):
        """Compute the line of the index as it is printed."""
        index = self.document["index"]
        if index["value"] is None:
            self.sentence("index-line", line)
            return
        limit = result = None
        first, *pools = line.split("; ")
        end = pools[-1] if pools else first
        held = list(self.patterns.every("held", end.rpartition(" = ")[0]))
        if held:
            self.used.add(("held", held[0][0]))
            limit, end, result = (
                held[0][1]["limit"],
                held[0][1]["line"],
                end.rpartition(" = ")[2],
            )
        elif pools:
            end, _, result = end.rpartition(" = ")
        if pools:
            pools[-1] = end
        else:
            first = end
        rounding = self.document["machine"].get("rounding")
        first = self._without_rounding(first, rounding)
        _, said = self.sentence("index-line", first)
        base = said["earned"] * said["scale"] / said["left"]
        *unrounded, shown = said["results"].split(" → ")
        for text in (*unrounded, shown):
            decimals = decimals_of(self.lang, text)
            true = half_up(base, decimals)
            if text is shown:
                true = self._own(base, decimals, rounding)
            self.claim(line, number(self.lang, text), true)
        total = number(self.lang, shown)
        points = {"bonus": Fraction(0), "penalty": Fraction(0)}
        for pool in pools:
            name, added = self.sentence("pool", pool)
            points[name] = added["points"]
        total += points["bonus"] - points["penalty"]
        if limit is not None:
            unit = 10**self.places
            if held[0][0] == "held-up":
                lowest = self.document["machine"]["lowest"]
                self.claim("the limit is the lowest", limit, Fraction(lowest))
                total = max(total, limit)
            else:
                self.claim("the limit is the scale", limit, Fraction(index["scale"]))
                # A scale between two ticks cannot be reached: the index stays at the tick below.
                total = min(total, Fraction(limit * unit // 1, unit))
        if result is not None:
            self.claim(line, number(self.lang, result), total)
        self.claim("earned", said["earned"], Fraction(index["earned"]))
        self.claim("scale", said["scale"], Fraction(index["scale"]))
        left = Fraction(index["maximum"]) - Fraction(index["rescaled"])
        self.claim("what is left", said["left"], left)
        self.claim("bonus", points["bonus"], Fraction(index["bonus"]))
        self.claim("penalty", points["penalty"], Fraction(index["penalty"]))
        self.claim("index", total, Fraction(index["value"]))

    def _band(self, line):
        band = self.document["band"]
        if line is None or band is None:
            self.claim("there is a band", line is not None, band is not None)
            return
        title, *parts = line.split("; ")
        self.claim("band", title, band["title"])
        conditions = {gate["gate"]: gate for gate in band.get("conditions", [])}
        for gate in conditions.values():
            for need in gate["needs"]:
                self._need(need)
        gates, needs, following = [], [], None
        for part in parts:
            name, said = self.sentence("band", part)
            if name.startswith("next"):
                following = said
            elif name == "needs":
                needs.append(said["needs"])
            else:
                gates += said["rules"].split(", ")
        titles = [
            self.rules[gate]["title"]
            for gate in band["gates"]
            if gate not in conditions
        ]
        self.claim("gates", sorted(gates), sorted(titles))
        lacking = [
            lacking_text(conditions[gate])
            for gate in band["gates"]
            if gate in conditions
        ]
        self.claim("conditions", needs, lacking)
        self.claim("there is a next band", following is not None, bool(band["next"]))
        if not following:
            return
        self.claim("next band", following["band"], band["next"]["title"])
        distance = Fraction(band["next"]["distance"])
        self.claim("distance", following["distance"], distance)
        titles = [
            lacking_text(conditions[gate])
            if gate in conditions
            else self.rules[gate]["title"]
            for gate in band["next"]["gates"]
        ]
        self.claim("its gates", following.get("rules"), ", ".join(titles) or None)
        self.claim("a distance is not below nothing", distance >= 0, True)
        ladder = {step["id"]: step["range"] or {} for step in band["ladder"]}
        edges = ladder[band["next"]["id"]]
        edge = edges.get("from", edges.get("above"))
        if edge is not None:
            rounded = self.document["machine"]["bands_read"] == "rounded"
            index = Fraction(self.document["index"]["value" if rounded else "exact"])
            self.claim(
                "who gains it is there", index + distance >= Fraction(edge), True
            )

    def _need(self, need):
        """A condition: what is said of the points of a group is what the group has."""
        if need["subject"] != "group" or need["exact"] is None:
            return
        _, _, now = need["text"].removesuffix(")").rpartition(" (")
        _, said = self.sentence("share", now)
        group = next(one for one in self.document["groups"] if one["id"] == need["id"])
        counting = Fraction(group["maximum"]) - Fraction(group["excluded"])
        earned = Fraction(group["earned"])
        self.claim("points of the condition", said["earned"], earned)
        self.claim("points that count", said["maximum"], counting)
        # Cut off, not rounded: what is not enough must not look as if it were.
        share = Fraction(earned * 10_000 // counting, 100)
        self.claim("share", said["share"], share)
        lacking = need["lacking"] and Fraction(need["lacking"])
        self.claim("lacking", said.get("lacking"), lacking)

    def _range(self, facts):
        index = self.document["index"]
        ends = [index["lowest"], index["highest"]]
        settled = set(ends) == {index["value"]} or None in ends
        self.claim("there is a range", "possible" in facts, not settled)
        if "possible" in facts:
            _, said = self.sentence("possible", self._one(facts, "possible"))
            self.claim(
                "range", [said["lowest"], said["highest"]], [*map(Fraction, ends)]
            )
        if "evidence" in facts:
            _, said = self.sentence("evidence", self._one(facts, "evidence"))
            self.claim("claimed", said["claimed"], Fraction(index["claimed"]))
            self.claim("supported", said["supported"], Fraction(index["supported"]))
        unsure = index["supported"] not in (index["claimed"], None)
        self.claim("evidence is spoken of", "evidence" in facts, unsure)

    def _areas(self, areas):
        groups = [group for group in self.groups.values() if group["parent"] is None]
        for (title, points, bar), group in zip(areas, groups, strict=True):
            kind = "base"
            for word, its_kind in self.words["kinds"].items():
                if title.endswith(f" ({word})"):
                    title, kind = title.removesuffix(f" ({word})"), its_kind
            self.claim("area", (title, kind), (group["title"], group["kind"]))
            keys = ("earned", "lost", "excluded", "maximum")
            earned, _, excluded, maximum = true = [Fraction(group[key]) for key in keys]
            self.claim(title, points, true)
            if maximum <= 0:
                self.claim("bar", bar, "")
                continue
            full = min(max(int(earned * 20 / maximum), 0), 20)
            self.claim("bar, earned", bar.count("█"), full)
            dots = min(int(excluded * 20 / maximum), 20 - full)
            self.claim("bar, excluded", bar.count("·"), dots)
            self.claim("bar", len(bar), 20)

    # The lists

    def _lists(self, page):
        document = self.document
        for key in ("losses", "missing"):
            rules = [self.rules[id_] for id_ in document[key]]
            losses = page.losses.get(key, [])
            places_said = [loss.place for loss in losses]
            self.claim(f"{key} numbered", places_said, [*range(1, len(rules) + 1)])
            titles = [loss.title for loss in losses]
            self.claim(key, titles, [rule["title"] for rule in rules])
            for loss, rule in zip(losses, rules, strict=False):
                self._loss(loss, rule)
        self.claim(
            "words in place of losses", bool(page.nothing), not document["losses"]
        )
        if page.nothing:
            name, _ = self.sentence("nothing", page.nothing)
            highest = document["index"]["at_its_highest"]
            self.claim("nothing can be gained", name == "no-losses", highest)
        for key in (
            "not_due",
            "not_applicable",
            "waived",
            "unsupported",
            "without_effect",
        ):
            rules = [self.rules[id_] for id_ in document[key]]
            self._apart(key, page.apart.pop(key, []), rules)
        listed = {id_ for key in LISTS for id_ in document[key]}
        others = [
            rule
            for id_, rule in self.rules.items()
            if id_ not in listed and rule["fallback"]
        ]
        self._apart("fallback", page.apart.pop("fallback", []), others)
        self.claim("other lists", page.apart, {})

    def _amount(self, text, rule, key):
        name, said = self.sentence("amount", text)
        points = said.get("points")
        lost = Fraction(rule["lost"])
        match name:
            case "lost":
                self.claim("lost", points, lost)
                self.claim("a loss is above nothing", points > 0, True)
            case "under":
                self.claim("a tick", points, Fraction(1, 10**self.places))
                self.claim("less than a tick is lost", lost, 0)
                self.claim("only in a mean", self._in_mean(rule), True)
            case "excluded":
                self.claim("excluded", points, Fraction(rule["excluded"]))
            case "part":
                self.claim("earned", points, Fraction(rule["earned"]))
                self.claim("a part", points < Fraction(rule["maximum"]), True)
            case "full":
                self.claim("earned", points, Fraction(rule["earned"]))
                self.claim("in full", points, Fraction(rule["maximum"]))
            case "of":
                part = {"unsupported": "earned", "without_effect": "without_effect"}
                worth = Fraction(rule[part.get(key, "maximum")])
                self.claim("points", points, worth)
            case "none":
                self.claim("lost", 0, lost)
                self.claim("win back of nothing", rule["win_back"], None)

    def _in_mean(self, rule):
        return self.groups[rule["group"]]["combine"] == "mean"

    def _apart(self, key, items, rules):
        titles = []
        for item, rule in zip(items, rules, strict=False):
            name, dash, amount = item[0].rpartition(" – ")
            self.claim("a dash", dash, " – ")
            titles.append(name)
            self._amount(amount, rule, key)
            self.claim("reason", item[1:], [rule["reason"]["text"]])
        clauses = [f"{rule['title']} ({', '.join(rule['source'])})" for rule in rules]
        self.claim(key, titles, clauses)

    def _loss(self, loss, rule):
        self._amount(loss.amount, rule, "losses")
        lines = {}
        for key, words in loss.lines:
            lines.setdefault(key, []).append(words)
        remedy = rule["remedy"] or {}
        documents = rule["evidence"]["documents"]
        gains = {
            aim: [g["text"] for g in rule["gains"] if g["aim"] == aim]
            for aim in ("any", "all")
        }
        true = {
            "clause": [", ".join(rule["source"])],
            "required": [rule["required"]],
            "origin": [rule["origin"]],
            "reported": [rule["reported"]],
            "arithmetic": [rule["calculation"]],
            "win_back": [rule["win_back"]],
            "gain_any": gains["any"],
            "gain_all": gains["all"],
            **{
                key: [remedy.get(key)]
                for key in ("task", "lead", "with", "due", "budget")
            },
            "submitted": ["; ".join(d["document"] for d in documents if d["valid"])],
            "product": [remedy.get("product")],
            "conflict": [
                ": ".join(filter(None, (c["source"], c["required"], c["note"])))
                for c in rule["conflicts"]
            ],
        }
        reasons = lines.pop("reason", [])
        true = {key: said for key, said in true.items() if any(said)}
        self.claim(f"lines of {rule['id']}", lines, true)
        for words in reasons:
            known = words in (rule["reason"]["text"], rule["fallback"])
            self.claim(f"reason of {rule['id']}: {words}", known, True)

    # Each rule

    def rule(self, rule):
        """Hold every sentence of a rule against its figures."""
        for part in (self._required, self._reported, self._reason, self._calculation):
            self._held(part, rule)
        if rule["win_back"]:
            self._held(self._win_back, rule)
        for gain in rule["gains"]:
            self._held(lambda rule, gain=gain: self._gain(rule, gain), rule)
        if rule["origin"]:
            self.sentence("origin", rule["origin"])

    def _held(self, part, rule):
        try:
            part(rule)
        except CannotReadError as fault:
            self.faults.append(f"{rule['id']} cannot be read: {fault}")

    def asked(self, text, unit):
        """What a text requires: pairs of a comparator and a value."""
        ways = list(self.patterns.every("required", text))
        edges = []
        for part in text.split(self.words["and"]):
            edges += self.patterns.every("edge", part)
        if ways:
            name, said = self.sentence("required", text)
            if name == "one_of":
                return [
                    (
                        name,
                        [self.value(item, unit) for item in said["list"].split(", ")],
                    )
                ]
            return [(name, said.get("points"))]
        if not edges:
            return [("is", self.value(text, unit))]
        asked = []
        for name, said in edges:
            self.used.add(("edge", name))
            words = said["value"]
            absent = list(self.patterns.every("of-absent", words))
            source = re.fullmatch(r"(.+?) \((.+)\)", words)
            if absent:
                self.used.add(("of-absent", "of-absent"))
                asked.append((name, None))
            elif source:
                asked.append((name, self.value(source[1], unit)))
            else:
                asked.append((name, self.value(words, unit)))
        return asked

    def _wanted(self, rule):
        """What the document says that a rule requires, None where that is a tier or points."""
        comparator, threshold = rule["comparator"], rule["threshold"]
        if comparator is None:
            return None
        if comparator == "between":
            edges = [(EDGES[key], meant(edge)) for key, edge in threshold.items()]
            if len(edges) == 2 and edges[0][1] == edges[1][1]:
                return [("==", edges[0][1])]
            return edges
        if comparator == "one_of":
            return [("one_of", [meant(item) for item in threshold])]
        return [(comparator, meant(threshold))]

    def _required(self, rule):
        text = rule["required"]
        asked = self.asked(text, rule["unit"])
        wanted = self._wanted(rule)
        if wanted is not None:
            signs = [[sign for sign, _ in pairs] for pairs in (asked, wanted)]
            self.claim(f"required: {text}", *signs)
            figures = [[figure for _, figure in pairs] for pairs in (asked, wanted)]
            self.claim_figure(f"required: {text}", rule, *figures)
        elif asked[0][0] == "full":
            self.claim("full points", asked[0][1], Fraction(rule["weight"]))
        elif rule["deduction"] == "none":
            self.claim("required", asked[0][0], "information")
        else:
            self.claim(
                "a tier", rule["deduction"] in ("tiers", "progressive", "table"), True
            )

    def _reported(self, rule):
        text = rule["reported"]
        if rule["metric"] is None:
            ways = [*self.patterns.every("given", text)] or [
                self.sentence("absent", text)
            ]
            if ways[0][0] == "given":
                self.used.add(("given", "given"))
                given = [i["points"] for i in rule["inputs"] if i["points"] is not None]
                self.claim(
                    "points given", [ways[0][1]["points"]], [*map(Fraction, given)]
                )
            return
        if rule["value"] is None:
            name, said = self.sentence("absent", text)
            self._absent(rule, name, said)
            return
        ratio = re.fullmatch(r"(.+) \((.+)/(.+)\)", text)
        if ratio:
            text = ratio[1]
            of_line = [Fraction(number(self.lang, ratio[n])) for n in (2, 3)]
            inputs = [i for i in rule["inputs"] if i["metric"] == rule["metric"]]
            true = [Fraction(inputs[0][key]) for key in ("numerator", "denominator")]
            self.claim("ratio", of_line, true)
        true = meant(rule["value"])
        if true == date.max and any(
            entry["metric"] == rule["metric"] and entry["value"] == rule["value"]
            for entry in rule["inputs"]
        ):
            # What a unit says it never did, it explains.
            text, reason, why = text.partition(WHY[self.lang])
            self.claim("never, because", bool(reason and why), True)
        # A level may be called as a number or “no” are.
        said = text if isinstance(true, str) else self.value(text, rule["unit"])
        self.claim_figure("reported", rule, said, true)

    def _absent(self, rule, name, said):
        inputs = [i for i in rule["inputs"] if i["metric"] == rule["metric"]]
        if not inputs:
            return
        state = {
            "not_reported": "missing",
            "waiver_ended": "missing",
            "waived": "waived",
        }
        self.claim("absence", state.get(name, "not_applicable"), inputs[0]["state"])
        if name == "waiver_ended":
            ended = said["day"] < meant(self.document["as_of"])
            self.claim("the waiver has ended", ended, True)

    def _said(self, rule, text):
        """A figure inside a sentence is the one that is reported."""
        ways = list(self.patterns.every("said", text))
        figure = text
        if ways and rule["value"] is not None:
            self.used.add(("said", "said"))
            figure = ways[0][1]["figure"]
        bare = figure.removeprefix("“").removesuffix("”")
        self.claim("reported in a sentence", bare, rule["reported"])

    def _asked(self, rule, text):
        bare = text.removeprefix("“").removesuffix("”")
        self.claim("required in a sentence", bare, rule["required"])

    def _meets(self, rule, exempt=None):
        """Whether a figure, less what is exempt, meets what is required, None where the document
        does not say.
        """
        if (rule["machine"]["exempt"] is None) != (exempt is None):
            return None
        wanted = self._wanted(rule)
        value = meant(rule["value"])
        inputs = [i for i in rule["inputs"] if i["metric"] == rule["metric"]]
        if inputs and inputs[0]["denominator"] is not None:
            value = Fraction(inputs[0]["numerator"]) / Fraction(
                inputs[0]["denominator"]
            )
            value *= 100 if rule["unit"] == "%" else 1
        machine = {m["id"]: m for m in self.document["machine"]["metrics"]}
        metric = machine.get(rule["metric"], {})
        if wanted is None or value is None or metric.get("round") is not None:
            return None
        if metric.get("formula") is not None or not isinstance(
            value, type(wanted[0][1])
        ):
            return None
        computed = rule["comparator"] == "better" or "/" in str(
            rule["machine"]["threshold"]
        )
        if computed or not isinstance(
            rule["machine"]["threshold"], str | bool | dict | list
        ):
            return None
        if exempt is not None:
            value -= exempt
        return all(
            value in two if op == "one_of" else HOLDS[op](value, two)
            for op, two in wanted
        )

    def _reason(self, rule):
        text = rule["reason"]["text"]
        while True:
            text, further = self._without_further(text)
            if not further:
                break
        name, said = self.sentence("reason", text)
        code = rule["reason"]["code"]
        self.claim(f"code of: {text}", name, code)
        exempt = None
        if "reported" in said:
            for _, less in self.patterns.every("less", said["reported"]):
                self.used.add(("less", "less"))
                exempt = less["count"]
                said["reported"] = less["reported"]
            self._said(rule, said["reported"])
        if "required" in said and code != "tier":
            self._asked(rule, said["required"])
        if code == "not_due":
            self.claim("due", said["day"], meant(rule["due"]))
        if code == "waiver_ended":
            self.claim("ended", said["day"] < meant(self.document["as_of"]), True)
        if code in ("gate_closed", "gate_unknown"):
            titles = self._required(rule)
            self.claim("a required rule", said["why"] in titles, True)
        if code == "target_met":
            self.claim("met", rule["state"], "met")
            if self._meets(rule, exempt) is not None:
                self.claim("the figure meets it", self._meets(rule, exempt), True)
        missed = code in ("target_missed", "below_target", "below_floor")
        if missed and self._meets(rule, exempt) is not None:
            self.claim("the figure misses it", self._meets(rule, exempt), False)

    def _required(self, rule):
        """What a rule may say that it requires: titles of rules, or shares of their points."""
        titles = [self.rules[gate]["title"] for gate in rule["requires"]]
        shares = self.document.get("required_shares", [])
        of_it = [share["text"] for share in shares if share["rule"] == rule["id"]]
        return titles + of_it

    def _without_further(self, text):
        """A reason without its last further sentence, and whether there was one."""
        for start in sorted(
            (m.end() for m in re.finditer(r"[.:] ", text)), reverse=True
        ):
            ways = list(self.patterns.every("further", text[start:]))
            if ways:
                self.used.add(("further", ways[0][0]))
                return text[:start].rstrip(), True
        return text, False

    # The arithmetic of a rule

    def _calculation(self, rule):
        text = rule["calculation"]
        if rule["state"] not in COMPUTED or rule["deduction"] == "none":
            standing = list(self.patterns.every("standing", text))
            if standing:
                self._standing(rule, *self.sentence("standing", text))
                return
        segments = text.split("; ")
        tails = {}
        while len(segments) > 1:
            ways = list(self.patterns.every("tail", segments[-1]))
            if not ways:
                break
            name, said = self.sentence("tail", segments.pop())
            tails[name] = said
        self._tails(rule, tails)
        *derivations, outcome = segments
        for derivation in derivations:
            title, colon, rest = derivation.partition(": ")
            if rule["deduction"] == "table" and self._beside(rule, title, rest):
                continue
            if not (colon and FORMULA.fullmatch(rest) and " = " in rest):
                raise CannotReadError(derivation)
        if self._in_mean(rule):
            _, said = self.sentence("of-weight", outcome)
            self.claim("of weight", said["weight"], Fraction(rule["weight"]))
            outcome = said["line"]
        self._outcome(rule, outcome)

    def _beside(self, rule, title, said):
        """Whether a part of a line is a further figure of a decision table, as it was reported."""
        for entry in rule["inputs"]:
            reported = entry["value"] is not None or entry["denominator"] is not None
            if entry["title"] == title and entry["metric"] != rule["metric"]:
                self.claim(f"a figure beside: {said}", entry["state"], "reported")
                self.claim(f"a figure beside: {said}", reported, True)
                return True
        return False

    def _tails(self, rule, tails):
        lost = Fraction(rule["lost"])
        if "lost" in tails:
            tails["lost"]["sum"] = self._own_rounding(tails["lost"]["sum"])
            text = re.split(" = | → ", tails["lost"]["sum"])[-1]
            name, said = self.sentence("under", text)
            if name == "under":
                self.claim("under a tick", lost, 0)
            else:
                self.claim("lost", said["points"], lost)
                self.claim("a loss is above nothing", lost > 0, True)
            if " = " in tails["lost"]["sum"]:
                self._sum(tails["lost"]["sum"].partition(" = ")[0], None)
        else:
            self.claim("nothing lost", lost, 0)
        beyond = tails.get("without-effect", {}).get("points", Fraction(0))
        self.claim("beyond the cap", beyond, Fraction(rule["without_effect"]))

    def _own_rounding(self, text):
        """The sum of a loss without the words that say why it is not rounded by itself."""
        for _, said in self.patterns.every("apportioned", text):
            self.used.add(("apportioned", "apportioned"))
            *_, exact, loss = re.split(" = | → ", said["sum"])
            shown = list(self.patterns.every("under", loss))
            if [name for name, _ in shown] == ["points"]:
                by_itself = half_up(number(self.lang, exact), self.places)
                other = shown[0][1]["points"] != by_itself
                self.claim("the loss is not its own rounding", other, True)
            return said["sum"]
        return text

    def _without_rounding(self, text, rounding):
        """The text without the words that say how it is rounded, which must be the report's."""
        if rounding is None:
            return text
        for mode, said in self.patterns.every("rounded", text):
            self.used.add(("rounded", mode))
            step = Fraction(rounding["step"])
            self.claim("rounded", (mode, said["step"]), (rounding["mode"], step))
            return said["line"]
        return text

    def _own(self, figure, decimals, rounding):
        """A figure as the report rounds it to its last place; with other places, half up."""
        if rounding is None or decimals != self.places:
            return half_up(figure, decimals)
        return round_as(figure, decimals, rounding)

    def _outcome(self, rule, outcome):
        exact = Fraction(rule["exact"])
        rounding = rule["machine"].get("rounding")
        outcome = self._without_rounding(outcome, rounding)
        body, arrow, result = outcome.rpartition(" → ")
        if not arrow:
            body, equals, result = outcome.rpartition(" = ")
            if not equals:
                standing = list(self.patterns.every("standing", outcome))
                if not standing:
                    raise CannotReadError(outcome)
                self._standing(rule, *standing[0])
                return
        points = number(self.lang, result)
        if self._in_mean(rule):
            decimals = decimals_of(self.lang, result)
            self.claim("points", points, half_up(exact, decimals))
        else:
            self.claim("earned", points, self._own(exact, self.places, rounding))
            group = self.groups[rule["group"]]
            if group["kind"] == "base":
                self.claim("earned", points, Fraction(rule["earned"]))
        verdicts = list(self.patterns.every("verdict", body))
        middle = None
        if not verdicts and arrow and " = " in body:
            body, _, middle = body.rpartition(" = ")
            verdicts = list(self.patterns.every("verdict", body))
        if verdicts:
            self._verdict(rule, *self.sentence("verdict", body))
        else:
            # A sum is rounded half up, unless the rule set says otherwise: then only its middle is.
            texts = (result, middle) if rounding is None else (middle,)
            for text in texts:
                if text is not None:
                    self._sum(body, text)

    def _verdict(self, rule, name, said):
        if "reported" in said:
            self._said(rule, said["reported"])
        if "required" in said:
            self._asked(rule, said["required"])
        if name in ("met", "not-met"):
            self.claim(
                "the verdict is the state", name == "met", rule["state"] == "met"
            )
        if name == "not-met" and self._meets(rule) is not None:
            self.claim("the figure misses it", self._meets(rule), False)
        if name == "gate":
            titles = self._required(rule)
            self.claim("a required rule", said["why"] in titles, True)

    def _sum(self, body, result):
        """Read a sum, and where it is figures alone compute it."""
        for kind in ("exempt", "at-most", "at-least"):
            ways = [
                said
                for name, said in self.patterns.every("limit", body)
                if name == kind
            ]
            if ways:
                self.used.add(("limit", kind))
                body = ways[0]["line"]
                result = None if kind != "exempt" else result
        if not FORMULA.fullmatch(body):
            raise CannotReadError(body)
        if result is None or not SUM.fullmatch(body):
            return
        text = re.sub(
            NUMBER[self.lang].removeprefix(SIGN),
            lambda found: f'Fraction("{number(self.lang, found[0])}")',
            body,
        )
        text = text.replace("×", "*").replace("−", "-").replace(" %", " / 100")
        # Nothing but figures and signs, as SUM says.
        value = eval(text, {"Fraction": Fraction})
        decimals = decimals_of(self.lang, result)
        self.claim(
            f"{body} comes to", number(self.lang, result), half_up(value, decimals)
        )

    def _standing(self, rule, name, said):
        points = said.get("points")
        maximum, lost, excluded, earned, beyond = (
            Fraction(rule[key])
            for key in ("maximum", "lost", "excluded", "earned", "without_effect")
        )
        match name:
            case "lost":
                self.claim("of", points, maximum)
                self.claim("all lost", lost + beyond, maximum)
            case "full":
                self.claim("in full", (points, earned), (maximum, maximum))
            case "exclude" | "show":
                # Under a cap less may leave the maximum than the rule is worth.
                most = excluded if self._under_cap(rule) else maximum
                self.claim("excluded", (points, excluded), (most, most))
            case "to-others":
                self.claim("a mean", self._in_mean(rule), True)
                self.claim("left", maximum, 0)
            case "no-effect":
                kind = self.groups[rule["group"]]["kind"]
                capped = self._under_cap(rule)
                self.claim("a pool, or under a cap", kind != "base" or capped, True)
                beyond = 0 if capped else beyond
                self.claim("lost", lost + beyond, 0)
            case "information":
                self.claim("without points", maximum, 0)

    def _under_cap(self, rule):
        """Whether the rule's group, or one that it lies in, is a base group with a cap."""
        group = self.groups[rule["group"]]
        while group["cap"] is None and group["parent"] is not None:
            group = self.groups[group["parent"]]
        return group["cap"] is not None and group["kind"] == "base"

    # What would win points back

    def _win_back(self, rule):
        name, said = self.sentence("win_back", rule["win_back"])
        lost = Fraction(rule["lost"])
        group = self.groups[rule["group"]]
        gains = rule["gains"]
        if name in ("past", "past-partly", "none", "at-cap"):
            if name == "past-partly":
                self.claim("a figure wins something", bool(gains), True)
            else:
                none_gains = name == "at-cap" or not gains
                self.claim("no figure wins anything", none_gains, True)
            if name == "at-cap":
                self.claim("only in a pool", group["kind"] != "base", True)
                return
            asked = self.asked(said["required"], rule["unit"])
            if name in ("past", "past-partly"):
                day_asked = asked[0][1]
                gone = day_asked < meant(self.document["as_of"])
                self.claim("the day is past", gone, True)
            return
        way, words = self.sentence("under", said["points"])
        most = words["points"]
        if way == "under":
            self.claim(
                "under a tick, in a mean", (lost, self._in_mean(rule)), (0, True)
            )
        elif group["kind"] == "base" and not self._under_cap(rule):
            self.claim("points to win", most, lost)
        else:
            self.claim(
                "within what is lost",
                0 < most <= lost + Fraction(rule["without_effect"]),
                True,
            )
        if name in ("gate", "gate-unknown"):
            titles = self._required(rule)
            self.claim("a required rule", said["why"] in titles, True)
            self.claim(
                "code",
                rule["reason"]["code"],
                name.replace("gate", "gate_closed")
                if name == "gate"
                else "gate_unknown",
            )
        if name in ("is", "reach"):
            self.asked(said["required"], rule["unit"])
            if way != "under":
                within = all(Fraction(gain["points"]) <= most for gain in gains)
                self.claim("no gain is above it", within, True)
        if name in ("report", "report-other"):
            self.claim("not reported", rule["state"], "missing")

    def _gain(self, rule, gain):
        way, said = self.sentence("gain", gain["text"])
        there_is_none = self.document["index"]["value"] is None
        self.claim("there is still no index", way == "no-index", there_is_none)
        self.claim("points", said["points"], Fraction(gain["points"]))
        index = said.get("index", Fraction(0))
        self.claim("index", index, Fraction(gain["index"]))
        self.claim("something is gained", (said["points"], index) != (0, 0), True)
        metrics = {i["metric"]: i for i in rule["inputs"]}
        change = said["change"]
        unit = rule["unit"]
        if gain["metric"] != rule["metric"]:
            title = metrics[gain["metric"]]["title"]
            self.claim("the metric is named", change.startswith(f"{title}: "), True)
            change = change.removeprefix(f"{title}: ")
            unit = None
        way, moved = self.sentence("change", change)
        before, then = meant(gain["from"]), meant(gain["to"])
        if "change" in moved:
            sign = 1 if way == "more" else -1
            self.claim("change", sign * moved["change"], meant(gain["change"]))
            self.claim("to", moved["to"], then)
            denominator = metrics[gain["metric"]]["denominator"]
            self.claim("denominator", moved["denominator"], Fraction(denominator))
            return
        to = moved["to"]
        if not isinstance(then, str):
            # The unit of another metric is not in the document: it is what follows the figure.
            other = re.fullmatch(rf"{NUMBER[self.lang]} (.+)", to)
            if unit is None and other:
                unit = other[1]
            to = self.value(to, unit)
        self.claim_figure("to", gain, to, then)
        if "from" in moved:
            self.claim("from", moved["from"], before)
            self.claim("direction", way, "up" if then > before else "down")

    # The rest

    def _tracks(self, lines):
        true = []
        for track in self.document["tracks"]:
            true.append(
                (track["id"], Fraction(track["earned"]), Fraction(track["maximum"]))
            )
            for rule in self.rules.values():
                points = rule["tracks"].get(track["id"])
                if points is not None:
                    title = f"• {rule['title']} ({', '.join(rule['source'])})"
                    true.append((title, Fraction(points), Fraction(rule["maximum"])))
        said = []
        for line in lines:
            found = re.fullmatch(
                rf"(.+): ({NUMBER[self.lang]}) / ({NUMBER[self.lang]})(?: – .+)?", line
            )
            if found is None:
                raise CannotReadError(line)
            said.append((found[1], *(number(self.lang, found[n]) for n in (2, 3))))
        self.claim("tracks", said, true)

    def _provenance(self, page):
        facts, document = page.facts, self.document
        files = {
            file["name"]: f"SHA-256 {file['sha256']}"
            for file in document["ruleset"]["files"]
        }
        self.claim("files", page.files, files)
        digest = f"SHA-256 {document['measurements']['sha256']}"
        self.claim("submission", self._one(facts, "submission"), digest)
        engine = f"{document['engine']['name']} {document['engine']['version']}"
        self.claim("engine", self._one(facts, "engine"), engine)
        parts = (*document["rules"], *document["groups"])
        bases = {part["weight_basis"] for part in parts}
        said = {
            self.words["bases"][text]
            for text in self._one(facts, "weights").split("; ")
        }
        self.claim("weights", said, bases)
        for line in facts.get("conflicts", []):
            _, words = self.sentence("conflicts", line)
            count = sum(bool(rule["conflicts"]) for rule in self.rules.values())
            self.claim("conflicts", words["count"], count)


LISTS = (
    *("losses", "missing", "not_due", "not_applicable", "waived", "unsupported"),
    "without_effect",
)
PATTERNS = {lang: Patterns(lang) for lang in SENTENCES}


def faults(text, document, used=None):
    """What a printed report says that its document does not, or says so that it cannot be read."""
    holder = Holder(document)
    try:
        holder.page(read(text, document["language"]))
    except CannotReadError as fault:
        holder.faults.append(f"cannot be read: {fault}")
    if used is not None:
        used |= holder.used
    return holder.faults
