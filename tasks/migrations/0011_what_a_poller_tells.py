from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('tasks', '0008_how_late_an_end_was_seen'),
    ]

    operations = [
        migrations.AddField(
            model_name='poller',
            name='report',
            field=models.JSONField(default=dict),
        ),
    ]
