"""GET /api/v1/reports/quality/: the figures of the command `quality_report`, over what the caller may see."""

from __future__ import annotations

from django.urls import path
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from incidents.permissions import incidents_visible_to
from kernel.api.views import Api
from quality.export import as_json
from quality.parameters import client_named, day, keys
from quality.permissions import clients_reported_to, reads_reports
from quality.queries import GROUP_KEYS, quality_report


class TimesSerializer(serializers.Serializer):
    """Whole seconds over the stopped clocks; null where there are none."""

    mean = serializers.IntegerField(allow_null=True)
    median = serializers.IntegerField(allow_null=True)
    p90 = serializers.IntegerField(allow_null=True)
    max = serializers.IntegerField(allow_null=True)


class MeasureSerializer(serializers.Serializer):
    """One kind of clock: its verdicts, the time it counted, and the plain time from opening to stop."""

    met = serializers.IntegerField()
    missed = serializers.IntegerField()
    running = serializers.IntegerField()
    business_s = TimesSerializer()
    wall_s = TimesSerializer()


class TotalSerializer(serializers.Serializer):
    incidents = serializers.IntegerField()
    response = MeasureSerializer()
    resolution = MeasureSerializer()


class GroupSerializer(TotalSerializer):
    key = serializers.DictField(child=serializers.CharField(), help_text="A value for each key of `group_by`.")


class QualityReportSerializer(serializers.Serializer):
    groups = GroupSerializer(many=True)
    total = TotalSerializer()


class QualityReportView(Api):
    """Response and resolution: met, missed, running, and how long they took, in business and in wall-clock time."""

    permissions = {"get": reads_reports}
    extra_parameters = {
        "client": "Slug of a client; without it all that you see.",
        "from": "Opened on this day or later (YYYY-MM-DD, from midnight in the zone of the installation).",
        "to": "Opened before this day.",
        "group_by": f"One or more of `{'`, `'.join(GROUP_KEYS)}`, divided by commas; several make one composite key.",
    }

    @extend_schema(operation_id="reports_quality", responses=QualityReportSerializer)
    def get(self, request: Request) -> Response:
        asked = request.query_params
        report = quality_report(
            incidents_visible_to(request.user),
            client=client_named(asked.get("client"), among=clients_reported_to(request.user)),
            date_from=day(asked.get("from"), field="from"),
            date_to=day(asked.get("to"), field="to"),
            group_by=keys(asked.get("group_by")),
            now=self.now,
        )
        return Response(as_json(report))


urlpatterns = [path("reports/quality/", QualityReportView.as_view(), name="report-quality")]
