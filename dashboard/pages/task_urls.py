from django.urls import path

from dashboard.pages import exhibits, provider_acts, results, selection, task, tasks, trash

urlpatterns = [
    path("", tasks.tasks, name="tasks"),
    path("trash", trash.trash, name="trash"),
    path("tasks/star", selection.star, name="tasks-star"),
    path("tasks/unstar", selection.unstar, name="tasks-unstar"),
    path("tasks/archive", selection.archive, name="tasks-archive"),
    path("tasks/unarchive", selection.unarchive, name="tasks-unarchive"),
    path("tasks/stop", selection.stop, name="tasks-stop"),
    path("tasks/restore", selection.put_back, name="tasks-restore"),
    path("tasks/tags", selection.tags, name="tasks-tags"),
    path("tasks/<uuid:task_id>", task.task, name="task"),
    path("tasks/<uuid:task_id>/asking", task.asking, name="task-asking"),
    path("tasks/<uuid:task_id>/check", task.check, name="task-check"),
    path("tasks/<uuid:task_id>/title", task.rename, name="task-title"),
    path("tasks/<uuid:task_id>/cancel", provider_acts.cancel_page, name="task-cancel"),
    path("tasks/<uuid:task_id>/adopt", provider_acts.adopt_page, name="task-adopt"),
    path("tasks/<uuid:task_id>/stop", task.stop, name="task-stop"),
    path("tasks/<uuid:task_id>/restore", task.put_back, name="task-restore"),
    path("results.zip", results.bundle, name="results-zip"),
    path("results/<uuid:result_id>", results.result, name="result"),
    path("results/<uuid:result_id>/poster", results.poster, name="result-poster"),
    path("results/<uuid:result_id>/viewer", exhibits.viewer, name="result-viewer"),
    path("results/<uuid:result_id>/keep", exhibits.keep, name="result-keep"),
    path("results/<uuid:result_id>/pin", exhibits.pin, name="result-pin"),
]
