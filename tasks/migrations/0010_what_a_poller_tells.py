from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('tasks', '0009_divide_budgets'),
    ]

    operations = [
        migrations.AddField(
            model_name='poller',
            name='report',
            field=models.JSONField(default=dict),
        ),
    ]
