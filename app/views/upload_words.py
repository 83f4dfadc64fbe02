"""What the pages of uploads say of each kind of file."""

from dataclasses import dataclass


@dataclass(frozen=True)
class UploadWords:
    """Names and sentences of one kind; `{}` is a number with its thousands separated.

    `thing` is what a row makes. `states` is what each state is called in lists and on the page.
    """

    title: str
    list_title: str
    choose: str
    first: str
    thing: str
    done: str
    nothing_done: str
    who_may: str
    stopped: str
    none_good: str
    some_good: str
    do_some: str
    do_all: str
    look_at: str
    receipt_so_far: str
    receipt_all: str
    row_type: str
    working: str
    states: dict[str, str]


CONTACTS = UploadWords(
    title="Upload contacts",
    list_title="Uploads",
    choose="10 MB and 50,000 rows at most.",
    first="Nothing is raised yet. First you see what we understood and every error, then you decide.",
    thing="contact",
    done="raised",
    nothing_done="Nothing was raised.",
    who_may="Somebody who may raise contacts",
    stopped="Raising stopped before the end",
    none_good="No row can be raised yet",
    some_good="rows can be raised",
    do_some="Raise the",
    do_all="Raise all",
    look_at="Contacts are raised with what stands here. Look at the dates, amounts and MPRNs of the",
    receipt_so_far="References so far (csv)",
    receipt_all="All references (csv)",
    row_type="Type",
    working="Raising contacts",
    states={
        "received": "Checking",
        "checked": "Checked",
        "refused": "Refused",
        "failed": "Check failed",
        "committing": "Raising",
        "stopped": "Stopped",
        "committed": "Raised",
    },
)
PEOPLE = UploadWords(
    title="Upload people",
    list_title="Uploads of people",
    choose="10 MB and 5,000 rows at most.",
    first="Nothing is done yet. First you see what we understood and every error, then you decide.",
    thing="row",
    done="done",
    nothing_done="Nothing was done.",
    who_may="Somebody who may change people",
    stopped="The work stopped before the end",
    none_good="No row can be done yet",
    some_good="rows can be done",
    do_some="Do the",
    do_all="Do all",
    look_at="This is what will be done. Look at the actions, user IDs and days of the",
    receipt_so_far="Receipt so far (csv)",
    receipt_all="Receipt (csv)",
    row_type="Action",
    working="Doing the rows",
    states={**CONTACTS.states, "committing": "Being done", "committed": "Done"},
)
