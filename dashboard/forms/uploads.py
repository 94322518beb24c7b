"""What a form brings as files, taken before it is read: nothing is lost when a field beside them is wrong."""

from dataclasses import dataclass, field

from django.core.files.uploadedfile import UploadedFile
from django.http import HttpRequest, QueryDict

from dashboard.forms.media import FILE, REF
from dashboard.forms.parameters import PREFIX
from dashboard.people import person_of
from tasks.inputs.storing import NotTaken, store
from tasks.providers.forms import Field, FieldType, Form
from tasks.providers.references import Reference, Source
from tasks.tables import TEXT_MAX

ROWS, ROWS_FILE = "rows", "rows-file"


@dataclass(slots=True)
class Taken:
    """The form's data with a reference in the place of each file; what went wrong, by field."""

    data: QueryDict
    problems: dict[str, str] = field(default_factory=dict)


def take_files(request: HttpRequest, form: Form) -> Taken:
    """Store the files of all media fields, and read the file of a table."""
    taken = Taken(request.POST.copy())
    for one in form.fields:
        if one.type is FieldType.MEDIA:
            _take(request, one, taken)
    _take_table(request, taken)
    return taken


def _take(request: HttpRequest, one: Field, taken: Taken) -> None:
    name, new = PREFIX + one.name, []
    for upload in request.FILES.getlist(name + FILE):
        try:
            found = store(upload.chunks(), upload.name or "", person_of(request), one.accepts)
        except NotTaken as error:
            taken.problems[name] = f"{upload.name}: {error}"
        else:
            new.append(str(Reference(Source.INPUT, found.input.pk)))
    if new:
        taken.data.setlist(name + REF, [*taken.data.getlist(name + REF), *new] if one.many else new)


def _take_table(request: HttpRequest, taken: Taken) -> None:
    upload = request.FILES.get(ROWS_FILE)
    if not isinstance(upload, UploadedFile):
        return
    if (upload.size or 0) > 4 * TEXT_MAX:
        taken.problems[ROWS] = f"The file is too large: a table has {TEXT_MAX:,} characters at most."
        return
    try:
        taken.data[ROWS] = upload.read().decode("utf-8-sig")
    except UnicodeDecodeError:
        taken.problems[ROWS] = "The file is no text in UTF-8. In a spreadsheet, save it as “CSV UTF-8”."
