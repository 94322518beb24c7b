from django.http import HttpRequest, HttpResponse
from django.shortcuts import render


def csrf(request: HttpRequest, reason: str = "") -> HttpResponse:
    """A form came without its proof of origin: an old page, or a browser that keeps no cookies."""
    return render(request, "403_csrf.html", status=403)
