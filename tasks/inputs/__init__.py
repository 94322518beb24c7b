"""Pictures, sounds and videos that tasks begin from: given by people, or made by earlier tasks."""
