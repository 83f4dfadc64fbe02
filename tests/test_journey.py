"""The main job from end to end through the pages, without a browser's script."""

import io
import re

from openpyxl import Workbook


def test_a_member_raises_on_screen_and_an_advocate_resolves(browser) -> None:
    ann = browser("ann")
    assert ann.get("/").status_code == 200
    assert b"ADD" in ann.get("/raise/").data
    form = ann.get("/raise/ADD/")
    assert form.status_code == 200
    wrong = ann.post("/raise/ADD/", {"MPRN": "1234567890"})
    assert b"There is a problem" in wrong.data
    answers = {
        "MPRN": "3938424403",
        "ADDRESS": "1 High Street, Solihull",
        "POSTCODE": "b913ql",
        "DESCRIPTION": "The house number is wrong.",
        "ADDRESS_REASON": "SPELLING",
        "OWN_REFERENCE": "ALD/1",
    }
    check = ann.post("/raise/ADD/", answers)
    text = check.get_data(as_text=True)
    assert "Check your answers" in text, re.findall(r"cms-summary.*?</div>", text, re.S)
    key = re.search(r'name="request_key" value="([^"]+)"', text)[1]
    done = [ann.post("/raise/ADD/", {**answers, "confirmed": "yes", "request_key": key}) for _ in range(2)]
    assert [answer.status_code for answer in done] == [302, 302]
    assert done[0].location == done[1].location
    reference = re.search(r"/done/([^/]+)/", done[0].location)[1]
    assert reference.encode() in ann.get(done[0].location).data
    assert "1 contact<" in ann.get("/contacts/").get_data(as_text=True)

    bob = browser("bob")
    assert bob.get(f"/contacts/{reference}/").status_code == 404
    assert b"0 contacts" in bob.get("/contacts/").data

    ada = browser("ada")
    page = ada.get(f"/contacts/{reference}/")
    assert page.status_code == 200
    assert ada.post(f"/contacts/{reference}/claim/", {"version": "1"}).status_code == 302
    assert ada.post(f"/contacts/{reference}/claim/", {"version": "1"}).status_code == 409
    assert ada.post(f"/contacts/{reference}/ask/", {"version": "2"}).status_code == 422
    assert ada.post(f"/contacts/{reference}/ask/", {"version": "2", "message": "Which flat?"}).status_code == 302
    assert b"Which flat?" in ann.get(f"/contacts/{reference}/").data
    assert ann.post(f"/contacts/{reference}/answer/", {"version": "3", "message": "Flat 2"}).status_code == 302
    page = ada.get(f"/contacts/{reference}/").get_data(as_text=True)
    code = re.search(r'<option value="(RES-[^"]+)"', page)[1]
    assert ada.post(f"/contacts/{reference}/resolve/", {"version": "4", "outcome_code": code}).status_code == 302
    assert b"Resolved" in ann.get(f"/contacts/{reference}/").data


def test_a_member_uploads_a_workbook(browser, run_jobs) -> None:
    book = Workbook()
    sheet = book.active
    sheet.append(["Address changes for November"])
    sheet.append([])
    header = [
        "mprn ",
        "ADDRESS",
        "Post-code",
        "description",
        "Your Reference",
        "What is wrong with the address?",
        "Ours",
    ]
    sheet.append(header)
    for row in range(6):
        mprn = "3938424403" if row else 1234567890
        sheet.append(
            [mprn, f"{row} High St", "B91 3QL", "Wrong house number.", f"A{row}", "Spelling or numbering", "x"]
        )
    out = io.BytesIO()
    book.save(out)
    ann = browser("ann")
    answer = ann.post("/uploads/new/", {"type_code": "ADD", "file": (io.BytesIO(out.getvalue()), "November.xlsx")})
    assert answer.status_code == 302, answer.get_data(as_text=True)
    assert b"Checking your file" in ann.get(answer.location).data
    assert run_jobs() == 1
    preview = ann.get(answer.location).get_data(as_text=True)
    assert "5 of 6 rows can be raised" in preview
    assert "Row 4" in preview
    assert ann.post(answer.location + "commit/", {"choice": "all"}).status_code == 409
    assert ann.post(answer.location + "commit/", {"choice": "good"}).status_code == 302
    assert run_jobs() == 1
    assert "5 contacts raised" in ann.get(answer.location).get_data(as_text=True)
    assert ann.get(answer.location + "receipt.csv").get_data(as_text=True).count("\n") == 7
    assert "IMP-408" in ann.get(answer.location + "errors.csv").get_data(as_text=True)
    again = ann.post("/uploads/new/", {"type_code": "ADD", "file": (io.BytesIO(out.getvalue()), "Again.xlsx")})
    assert again.status_code == 422
    assert "IMP-602" in again.get_data(as_text=True)
    bob = browser("bob")
    assert bob.get(answer.location).status_code == 404
    assert b"0 contacts" in bob.get("/contacts/").data
