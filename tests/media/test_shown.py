import pytest
from django.http import HttpResponse

from dashboard.media.shown import Disposition, Shown


def dressed(shown: Shown) -> HttpResponse:
    response = HttpResponse()
    shown.dress(response)
    return response


@pytest.mark.parametrize(
    ("told", "sent", "disposition"),
    [
        ("video/mp4", "video/mp4", "inline"),
        ("Image/PNG; x=1", "image/png", "inline"),
        ("model/gltf-binary", "model/gltf-binary", "inline"),
        ("text/plain; charset=latin-1", "text/plain; charset=utf-8", "inline"),
        ("text/html", "application/octet-stream", "attachment"),
        ("image/svg+xml", "application/octet-stream", "attachment"),
        ("application/xhtml+xml", "application/octet-stream", "attachment"),
        ("application/pdf", "application/octet-stream", "attachment"),
        ("text/javascript", "application/octet-stream", "attachment"),
        ("video/mp4\r\nX: y", "application/octet-stream", "attachment"),
        ("", "application/octet-stream", "attachment"),
    ],
)
def test_only_harmless_types_are_believed(told: str, sent: str, disposition: str) -> None:
    response = dressed(Shown(content_type=told, name="clip.mp4"))
    assert response["Content-Type"] == sent
    assert response["Content-Disposition"] == f'{disposition}; filename="clip.mp4"'


def test_a_harmless_file_can_be_asked_for_to_be_saved() -> None:
    shown = Shown(content_type="video/mp4", name="clip.mp4", disposition=Disposition.ATTACHMENT)
    response = dressed(shown)
    assert response["Content-Disposition"] == 'attachment; filename="clip.mp4"'
    assert response["Content-Type"] == "video/mp4"
