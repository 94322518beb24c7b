"""What people write about a task."""

from django import forms

from dashboard.forms import DeskForm
from tasks.desk import BadTags, read_tags
from tasks.models import Task

TAGS_TEXT_MAX = 6_000
"""Characters: fifty tags of a hundred, and what parts them."""


class TitleForm(DeskForm):
    """What people call it; "" for what the prompt says."""

    title = forms.CharField(max_length=Task._meta.get_field("title").max_length, required=False)


class TagsForm(DeskForm):
    """Tags to add, with commas between."""

    add = forms.CharField(
        label="Tags",
        max_length=TAGS_TEXT_MAX,
        help_text="Separated by commas.",
        error_messages={"required": "Write a tag first."},
        widget=forms.TextInput(attrs={"list": "known-tags", "autocomplete": "off", "autofocus": True}),
    )

    def clean_add(self) -> list[str]:
        try:
            tags = read_tags(self.cleaned_data["add"])
        except BadTags as error:
            raise forms.ValidationError(str(error)) from error
        if not tags:
            raise forms.ValidationError("Write a tag first.")
        return tags
