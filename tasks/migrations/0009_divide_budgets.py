from django.db import migrations, models
import django.db.models.deletion
import django.utils.timezone


class Migration(migrations.Migration):
    """What processes wrote down of their use lived for a minute: it is made anew."""

    dependencies = [
        ('tasks', '0008_how_late_an_end_was_seen'),
    ]

    operations = [
        migrations.DeleteModel(name='AccountUse'),
        migrations.CreateModel(
            name='AccountUse',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('holder', models.UUIDField()),
                ('host', models.CharField(blank=True, default='', max_length=200)),
                ('pid', models.PositiveIntegerField(default=0)),
                ('requests', models.PositiveIntegerField(default=0)),
                ('places', models.PositiveIntegerField(default=0)),
                ('requests_wanted', models.PositiveIntegerField(default=0)),
                ('places_wanted', models.PositiveIntegerField(default=0)),
                ('until', models.DateTimeField(default=django.utils.timezone.now)),
                ('spent', models.JSONField(default=list)),
                ('requests_last_minute', models.PositiveIntegerField(default=0)),
                ('in_flight', models.PositiveIntegerField(default=0)),
                ('at', models.DateTimeField()),
                ('account', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='uses', to='tasks.account')),
            ],
            options={
                'constraints': [models.UniqueConstraint(fields=('account', 'holder'), name='account_use_once')],
            },
        ),
        migrations.RemoveIndex(
            model_name='task',
            name='task_free',
        ),
        migrations.AddIndex(
            model_name='task',
            index=models.Index(condition=models.Q(('claimed_by__isnull', True), ('next_poll_at__isnull', False)), fields=['account', 'next_poll_at'], name='task_free'),
        ),
        migrations.AddField(
            model_name='account',
            name='slowed_from',
            field=models.PositiveIntegerField(blank=True, editable=False, null=True),
        ),
        migrations.AddField(
            model_name='account',
            name='slowed_to',
            field=models.PositiveIntegerField(blank=True, editable=False, null=True),
        ),
        migrations.AddField(
            model_name='account',
            name='slowed_at',
            field=models.DateTimeField(blank=True, editable=False, null=True),
        ),
    ]
