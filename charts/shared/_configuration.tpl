{{/* The ConfigMaps and Secrets of `configMaps` and `secrets`, and how pods take them. Each define takes the root. */}}

{{/* The name of an object, from a list: the root, and its key in the values. It never changes: others refer to it. */}}
{{- define "workload.configuration.name" -}}
{{- printf "%s-%s" (include "workload.name" (index . 0)) (index . 1) -}}
{{- end -}}

{{/* A scalar as text, numbers as they were written. */}}
{{- define "workload.configuration.text" -}}
{{- if kindIs "float64" . }}{{ toJson . }}{{ else }}{{ toString . }}{{ end -}}
{{- end -}}

{{/* The entries of a mapping as JSON, without those that an override takes away with null. */}}
{{- define "workload.configuration.kept" -}}
{{- $kept := dict }}
{{- range $name, $value := . }}
{{- if not (kindIs "invalid" $value) }}
{{- $_ := set $kept $name $value }}
{{- end }}
{{- end }}
{{- toJson $kept }}
{{- end -}}

{{/* All objects, as documents of their own. */}}
{{- define "workload.configuration.objects" -}}
{{- range $key, $object := .Values.configMaps }}
{{- if kindIs "map" $object }}
{{- if and $.Values.configuration.env (eq $key "env") }}
{{- fail "configMaps.env and configuration.env would make the same ConfigMap: call the first one otherwise" }}
{{- end }}
{{- if and $.Values.configuration.files (eq $key "files") }}
{{- fail "configMaps.files and configuration.files would make the same ConfigMap: call the first one otherwise" }}
{{- end }}
---
apiVersion: v1
kind: ConfigMap
metadata:
  {{- include "workload.metadata" (list $ (include "workload.configuration.name" (list $ $key)) dict) | nindent 2 }}
data:
  {{- range $name, $value := include "workload.configuration.kept" $object.data | fromJson }}
  {{ $name | quote }}: {{ include "workload.configuration.text" $value | toJson }}
  {{- else }} {}
  {{- end }}
{{- end }}
{{- end }}
{{- range $key, $object := .Values.secrets }}
{{- if kindIs "map" $object }}
{{- if not (include "workload.configuration.kept" $object.data | fromJson) }}
{{- fail (printf "secrets.%s has no data in this environment: enter secrets.%s.data among its secret values, or write secrets: {%s: null}" $key $key $key) }}
{{- end }}
---
apiVersion: v1
kind: Secret
metadata:
  {{- include "workload.metadata" (list $ (include "workload.configuration.name" (list $ $key)) dict) | nindent 2 }}
type: Opaque
data:
  {{- range $name, $value := include "workload.configuration.kept" $object.data | fromJson }}
  {{ $name | quote }}: {{ include "workload.configuration.text" $value | b64enc | quote }}
  {{- end }}
{{- end }}
{{- end }}
{{- end -}}

{{/* Annotations that change with the content, one for each object: pods are restarted when it changes. Those of
Secrets can be read by everybody who reads the manifests: they are slow to make (scrypt) and too short to find out
what was put in. */}}
{{- define "workload.configuration.checksums" -}}
{{- $env := include "workload.configuration.kept" .Values.configuration.env | fromJson }}
{{- $files := include "workload.configuration.kept" .Values.configuration.files | fromJson }}
{{- if or $env $files }}
checksum/configuration: {{ list $env $files | toJson | sha256sum }}
{{- end }}
{{- range $key, $object := .Values.configMaps }}
{{- if kindIs "map" $object }}
checksum/configmap-{{ $key }}: {{ include "workload.configuration.kept" $object.data | sha256sum }}
{{- end }}
{{- end }}
{{- range $key, $object := .Values.secrets }}
{{- if kindIs "map" $object }}
{{- $place := printf "%s/%s/%s" $.Release.Namespace $.Release.Name $key }}
checksum/secret-{{ $key }}: {{ derivePassword 1 "maximum" (include "workload.configuration.kept" $object.data) $place "trueline.dev" | sha256sum | trunc 5 | quote }}
{{- end }}
{{- end }}
{{- end -}}

{{/* Items of `envFrom`; of two with the same variable, the later one counts: Secrets over ConfigMaps. */}}
{{- define "workload.configuration.envFrom" -}}
{{- range $kind, $objects := dict "configMapRef" .Values.configMaps "secretRef" .Values.secrets }}
{{- range $key, $object := $objects }}
{{- if and (kindIs "map" $object) (ne ($object.as | default "environment") "files") }}
- {{ $kind }}:
    name: {{ include "workload.configuration.name" (list $ $key) }}
{{- end }}
{{- end }}
{{- end }}
{{- end -}}

{{/* Items of `volumeMounts`. */}}
{{- define "workload.configuration.mounts" -}}
{{- range $kind, $objects := dict "configmap" .Values.configMaps "secret" .Values.secrets }}
{{- range $key, $object := $objects }}
{{- if and (kindIs "map" $object) (eq ($object.as | default "environment") "files") }}
{{- if not $object.mountPath }}
{{- fail (printf "%s.%s is mounted as files, but has no mountPath: write where, for example /etc/%s" (ternary "secrets" "configMaps" (eq $kind "secret")) $key $key) }}
{{- end }}
- name: {{ $kind }}-{{ $key }}
  mountPath: {{ $object.mountPath }}
  {{- with $object.subPath }}
  subPath: {{ . }}
  {{- end }}
  readOnly: true
{{- end }}
{{- end }}
{{- end }}
{{- end -}}

{{/* Items of `volumes`. */}}
{{- define "workload.configuration.volumes" -}}
{{- range $key, $object := .Values.configMaps }}
{{- if and (kindIs "map" $object) (eq ($object.as | default "environment") "files") }}
- name: configmap-{{ $key }}
  configMap:
    name: {{ include "workload.configuration.name" (list $ $key) }}
{{- end }}
{{- end }}
{{- range $key, $object := .Values.secrets }}
{{- if and (kindIs "map" $object) (eq ($object.as | default "environment") "files") }}
- name: secret-{{ $key }}
  secret:
    secretName: {{ include "workload.configuration.name" (list $ $key) }}
{{- end }}
{{- end }}
{{- end -}}
