"""What the page's script says, in the user's language, by the names that the script uses."""

from pipeline.language import _


def texts() -> dict[str, str]:
    """Every text of the script. Fields in braces are filled in by the script, so they stand here as they are."""
    return _of_images() | _of_decisions() | _of_the_page() | _of_keys() | _of_trouble()


def _of_images() -> dict[str, str]:
    return {
        "rejected": _("rejected"),
        "nothing": _("no picture"),
        "untitled": _("a picture without a title"),
        "query": _("query"),
        "engine": _("engine"),
        "licence": _("licence"),
        "attribution": _("attribution"),
        "page": _("page"),
        "file": _("file"),
        "facts": _("Where from"),
        "compare": _("Look closely"),
        "flip": _("Blink: the one, the other"),
        "select": _("Select"),
    }


def _of_decisions() -> dict[str, str]:
    return {
        "keep": _("Keep"),
        "reject": _("Reject"),
        "distinct": _("No copy"),
        "prefer": _("This one instead"),
        "move": _("To {name}"),
        "note": _("Note"),
        "save": _("Save"),
        "saidKeep": _("you keep it"),
        "saidReject": _("you reject it"),
        "saidMove": _("you moved it to {name}"),
        "saidDistinct": _("you say: no copy"),
        "saidPrefer": _("you keep this one instead"),
        "saidStay": _("you keep the other one"),
        "sayDomain": _("Found for both domains: say to which one it belongs (a or b)."),
        "cannotKeep": _("No word can keep this one: it has no picture, no source, or no side to stand on."),
        "noPair": _("That is for copies only."),
        "someNot": _("{count} of the selected images were left out."),
    }


def _of_the_page() -> dict[str, str]:
    return {
        "none": _("Nothing was rejected."),
        "intro": _(
            "What you decide outranks every check, as soon as pipeline curate runs again. Press ? for the keys."
        ),
        "allReasons": _("all reasons"),
        "bothDomains": _("both domains"),
        "allQueries": _("all queries"),
        "allStates": _("all images"),
        "unseen": _("not looked at"),
        "decided": _("decided by you"),
        "noted": _("with a note"),
        "changing": _("changed by the limit"),
        "markSeen": _("Looked at all of these"),
        "progress": _("{looked} of {total} looked at"),
        "progressOf": _("Looked at"),
        "selected": _("{count} selected"),
        "undo": _("Undo"),
        "redo": _("Redo"),
        "saveFile": _("Save decisions"),
        "savedAs": _("Saved as {file}. Now run: pipeline curate --review {file}"),
        "writtenAtOnce": _("Every decision is written at once; there is nothing to save."),
        "limits": _("Limits"),
        "limitOf": _("Limit of: {name}"),
        "wouldChange": _("would reject {rejected} more and keep {kept} more"),
        "close": _("Close"),
        "keys": _("Keys"),
    }


def _of_keys() -> dict[str, str]:
    return {
        "keyMove": _("go to another image"),
        "keyExtend": _("select on the way"),
        "keyGroup": _("select the whole group, or none of it"),
        "keyEscape": _("Clear the selection"),
        "nextUnseen": _("next image that nobody looked at"),
        "keyNext": _("next group"),
        "keyPrevious": _("previous group"),
        "keyFilter": _("filters"),
    }


def _of_trouble() -> dict[str, str]:
    return {
        "notKept": _("This browser keeps nothing: save your decisions before you close the page."),
        "noServer": _("pipeline review does not answer. Start it again; what was decided is stored."),
        "refused": _("This address has run out. Start pipeline review again."),
        "overtaken": _("Somebody else decided about this one meanwhile. Look again."),
        "gone": _("{count} images are no longer in the dataset."),
        "noStep": _("There is nothing more."),
        "allSeen": _("Everything was looked at."),
    }
