"""Pages of duty and absences, and the addresses of calendar feeds."""

from django.urls import path

from departments.views import absences, feeds, roster, shifts

urlpatterns = [
    path("duty/", roster.duty, name="duty"),
    path("duty/shifts/new/", shifts.new_shift, name="duty-shift-new"),
    path("duty/shifts/<int:pk>/", shifts.shift, name="duty-shift"),
    path("duty/shifts/<int:pk>/cancel/", shifts.cancel_shift, name="duty-shift-cancel"),
    path("duty/rotation/", shifts.rotation, name="duty-rotation"),
    path("duty/import/", shifts.import_file, name="duty-import"),
    path("duty/absences/", absences.absences, name="absences"),
    path("duty/absences/new/", absences.new_absence, name="absence-new"),
    path("duty/absences/<int:pk>/", absences.absence, name="absence"),
    path("duty/absences/<int:pk>/cancel/", absences.cancel_absence, name="absence-cancel"),
    path("duty/feeds/", feeds.feeds, name="duty-feeds"),
    path("duty/feeds/<int:pk>/revoke/", feeds.revoke, name="duty-feed-revoke"),
    path("duty/feed/<str:token>.ics", feeds.feed, name="duty-feed"),
]
