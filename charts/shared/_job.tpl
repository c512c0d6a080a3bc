{{/* The spec of a Job, for a Job and for the Jobs of a CronJob. */}}
{{- define "workload.job" -}}
{{- if and .Values.podFailurePolicy (ne .Values.restartPolicy "Never") -}}
{{- fail "podFailurePolicy needs restartPolicy: Never" -}}
{{- end -}}
backoffLimit: {{ int .Values.backoffLimit }}
{{- with int .Values.activeDeadlineSeconds }}
activeDeadlineSeconds: {{ . }}
{{- end }}
completions: {{ int .Values.completions }}
parallelism: {{ int .Values.parallelism }}
completionMode: {{ .Values.completionMode }}
{{- with .Values.podFailurePolicy }}
podFailurePolicy:
  {{- toYaml . | nindent 2 }}
{{- end }}
template:
  {{- include "workload.pod" . | nindent 2 }}
{{- end -}}
