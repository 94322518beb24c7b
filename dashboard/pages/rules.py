"""Retention rules: made, changed and switched on only by who has seen what they would delete."""

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST

from dashboard.forms.rules import RuleForm
from dashboard.people import Role, needs, person_of
from tasks import rules
from tasks.models import RetentionRule
from tasks.retention import Preview, preview


@require_http_methods(["GET", "POST"])
@never_cache
@needs(Role.MANAGER)
def add(request: HttpRequest) -> HttpResponse:
    """The first click shows the dry run, the second makes the rule."""
    form = RuleForm(request.POST or None, initial={"older_than_days": 90})
    seen: Preview | None = None
    if request.method == "POST" and form.is_valid():
        try:
            if form.was_previewed:
                made = rules.make_rule(form.terms(), person_of(request))
                messages.success(request, f"The rule “{made}” is made. It runs within a minute.")
                return redirect("storage")
            seen = preview(form.terms().rule(), timezone.now())
        except ValidationError as error:
            form.take_errors(error)
    ctx = {"form": form, "preview": seen, "section": "storage"}
    return render(request, "storage/add_rule.html", ctx)


@require_http_methods(["GET", "POST"])
@never_cache
@needs(Role.MANAGER)
def rule(request: HttpRequest, rule_id: int) -> HttpResponse:
    """A rule with its dry run. An edit is shown as a dry run first, too."""
    found = get_object_or_404(RetentionRule.objects.select_related("account"), pk=rule_id)
    form = RuleForm(request.POST or None, rule=found)
    shown = found
    if request.method == "POST" and form.is_valid():
        try:
            if form.was_previewed:
                rules.change_rule(found, form.terms(), person_of(request))
                messages.success(request, f"The rule says “{found}” now.")
                return redirect("storage")
            shown = form.terms().rule()
        except ValidationError as error:
            found.refresh_from_db()
            form.take_errors(error)
    ctx = {
        "form": form,
        "rule": found,
        "is_edited": shown is not found,
        "preview": preview(shown, timezone.now()),
        "section": "storage",
    }
    return render(request, "storage/rule.html", ctx)


@require_POST
@needs(Role.MANAGER)
def enable(request: HttpRequest, rule_id: int) -> HttpResponse:
    found = get_object_or_404(RetentionRule, pk=rule_id)
    rules.enable_rule(found, person_of(request))
    messages.success(request, f"“{found}” is enabled. It runs within a minute.")
    return redirect("storage")


@require_POST
@needs(Role.MANAGER)
def disable(request: HttpRequest, rule_id: int) -> HttpResponse:
    found = get_object_or_404(RetentionRule, pk=rule_id)
    rules.disable_rule(found, person_of(request))
    messages.success(request, f"“{found}” is disabled and deletes nothing any more.")
    return redirect("storage")


@require_POST
@needs(Role.MANAGER)
def run(request: HttpRequest, rule_id: int) -> HttpResponse:
    found = get_object_or_404(RetentionRule, pk=rule_id)
    if found.enabled:
        rules.run_rule(found)
        messages.success(request, f"“{found}” runs within a minute.")
    else:
        messages.error(request, f"“{found}” is disabled. Enable it first.")
    return redirect("storage")


@require_POST
@needs(Role.MANAGER)
def delete(request: HttpRequest, rule_id: int) -> HttpResponse:
    found = get_object_or_404(RetentionRule, pk=rule_id)
    words = str(found)
    rules.delete_rule(found, person_of(request))
    messages.success(request, f"The rule “{words}” is deleted. What it deleted stays deleted.")
    return redirect("storage")
