{{/* A pod as all kinds of workloads have it: its metadata and its spec. What a chart has no value for is left out. */}}
{{- define "workload.pod" -}}
{{- $env := include "workload.configuration.kept" .Values.configuration.env | fromJson -}}
{{- $files := include "workload.configuration.kept" .Values.configuration.files | fromJson -}}
{{- $name := include "workload.name" . -}}
metadata:
  labels:
    {{- include "workload.selector" . | nindent 4 }}
    {{- with .Values.podLabels }}
    {{- toYaml . | nindent 4 }}
    {{- end }}
  {{- with merge (include "workload.configuration.checksums" . | fromYaml) .Values.podAnnotations }}
  annotations:
    {{- toYaml . | nindent 4 }}
  {{- end }}
spec:
  serviceAccountName: {{ include "workload.serviceAccountName" . }}
  automountServiceAccountToken: {{ .Values.serviceAccount.automountToken }}
  {{- with .Values.imagePullSecrets }}
  imagePullSecrets:
    {{- range . }}
    - name: {{ . }}
    {{- end }}
  {{- end }}
  {{- with .Values.podSecurityContext }}
  securityContext:
    {{- toYaml . | nindent 4 }}
  {{- end }}
  {{- with .Values.priorityClassName }}
  priorityClassName: {{ . }}
  {{- end }}
  {{- with .Values.restartPolicy }}
  restartPolicy: {{ . }}
  {{- end }}
  terminationGracePeriodSeconds: {{ int .Values.terminationGracePeriodSeconds }}
  {{- with .Values.initContainers }}
  initContainers:
    {{- toYaml . | nindent 4 }}
  {{- end }}
  containers:
    - name: {{ $name }}
      image: {{ include "workload.image" . | quote }}
      imagePullPolicy: {{ .Values.image.pullPolicy }}
      {{- with .Values.command }}
      command:
        {{- toYaml . | nindent 8 }}
      {{- end }}
      {{- with .Values.args }}
      args:
        {{- toYaml . | nindent 8 }}
      {{- end }}
      {{- if .Values.port }}
      ports:
        - name: http
          containerPort: {{ int .Values.port }}
          protocol: TCP
        {{- range .Values.extraPorts }}
        - name: {{ .name }}
          containerPort: {{ int .port }}
          protocol: {{ .protocol | default "TCP" }}
        {{- end }}
      {{- end }}
      {{- $envFrom := include "workload.configuration.envFrom" . | trim }}
      {{- if or $env $envFrom .Values.envFromSecrets .Values.envFromConfigMaps }}
      envFrom:
        {{- if $env }}
        - configMapRef:
            name: {{ $name }}-env
        {{- end }}
        {{- with $envFrom }}
        {{- nindent 8 . }}
        {{- end }}
        {{- range .Values.envFromConfigMaps }}
        - configMapRef:
            name: {{ . }}
        {{- end }}
        {{- range .Values.envFromSecrets }}
        - secretRef:
            name: {{ . }}
        {{- end }}
      {{- end }}
      {{- with .Values.env }}
      env:
        {{- toYaml . | nindent 8 }}
      {{- end }}
      {{- with .Values.resources }}
      resources:
        {{- toYaml . | nindent 8 }}
      {{- end }}
      {{- with .Values.probes }}
      {{- range $probe, $key := dict "startup" "startupProbe" "liveness" "livenessProbe" "readiness" "readinessProbe" }}
      {{- with index $.Values.probes $probe }}
      {{- if .enabled }}
      {{- if and (eq .type "exec") (not .command) }}
      {{- fail (printf "probes.%s.type is exec, but probes.%s.command is empty" $probe $probe) }}
      {{- end }}
      {{ $key }}:
        {{- include "workload.probe" . | nindent 8 }}
      {{- end }}
      {{- end }}
      {{- end }}
      {{- end }}
      {{- with .Values.lifecycle }}
      lifecycle:
        {{- toYaml . | nindent 8 }}
      {{- end }}
      {{- with .Values.securityContext }}
      securityContext:
        {{- toYaml . | nindent 8 }}
      {{- end }}
      {{- $mounts := include "workload.configuration.mounts" . | trim }}
      {{- if or $files $mounts .Values.temporaryFolders.paths .Values.volumeClaims .Values.volumeMounts }}
      volumeMounts:
        {{- if $files }}
        - name: configuration
          mountPath: {{ .Values.configuration.mountPath }}
          readOnly: true
        {{- end }}
        {{- with $mounts }}
        {{- nindent 8 . }}
        {{- end }}
        {{- range $i, $path := .Values.temporaryFolders.paths }}
        - name: temporary-{{ $i }}
          mountPath: {{ $path }}
        {{- end }}
        {{- range .Values.volumeClaims }}
        - name: {{ .name }}
          mountPath: {{ .mountPath }}
        {{- end }}
        {{- with .Values.volumeMounts }}
        {{- toYaml . | nindent 8 }}
        {{- end }}
      {{- end }}
    {{- with .Values.sidecars }}
    {{- toYaml . | nindent 4 }}
    {{- end }}
  {{- $volumes := include "workload.configuration.volumes" . | trim }}
  {{- if or $files $volumes .Values.temporaryFolders.paths .Values.volumes }}
  volumes:
    {{- if $files }}
    - name: configuration
      configMap:
        name: {{ $name }}-files
    {{- end }}
    {{- with $volumes }}
    {{- nindent 4 . }}
    {{- end }}
    {{- range $i, $path := .Values.temporaryFolders.paths }}
    - name: temporary-{{ $i }}
      emptyDir:
        sizeLimit: {{ $.Values.temporaryFolders.sizeLimit }}
    {{- end }}
    {{- with .Values.volumes }}
    {{- toYaml . | nindent 4 }}
    {{- end }}
  {{- end }}
  {{- if (.Values.topologySpread | default dict).enabled }}
  topologySpreadConstraints:
    {{- if .Values.topologySpread.constraints }}
    {{- toYaml .Values.topologySpread.constraints | nindent 4 }}
    {{- else }}
    {{- range list "topology.kubernetes.io/zone" "kubernetes.io/hostname" }}
    - maxSkew: 1
      topologyKey: {{ . }}
      whenUnsatisfiable: ScheduleAnyway
      labelSelector:
        matchLabels:
          {{- include "workload.selector" $ | nindent 10 }}
    {{- end }}
    {{- end }}
  {{- end }}
  {{- with .Values.nodeSelector }}
  nodeSelector:
    {{- toYaml . | nindent 4 }}
  {{- end }}
  {{- with .Values.tolerations }}
  tolerations:
    {{- toYaml . | nindent 4 }}
  {{- end }}
  {{- with .Values.affinity }}
  affinity:
    {{- toYaml . | nindent 4 }}
  {{- end }}
{{- end -}}
