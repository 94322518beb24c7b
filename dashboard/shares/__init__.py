"""What lies under `/s/<token>/`: pages and files for people without a login. Nothing here asks who they are."""
