{{/* The pods of mode cluster and node. */}}
{{- define "dotls.podTemplate" -}}
{{- $node := eq .Values.mode "node" -}}
{{- $root := lt (int .Values.port) 1024 -}}
{{- $http := include "dotls.http" . -}}
metadata:
  labels:
    {{- include "dotls.selectorLabels" . | nindent 4 }}
    {{- with .Values.podLabels }}
    {{- toYaml . | nindent 4 }}
    {{- end }}
  {{- if or .Values.podAnnotations (not .Values.hotReload) }}
  annotations:
    {{- if not .Values.hotReload }}
    checksum/config: {{ include "dotls.config" . | sha256sum }}
    {{- end }}
    {{- with .Values.podAnnotations }}
    {{- toYaml . | nindent 4 }}
    {{- end }}
  {{- end }}
spec:
  serviceAccountName: {{ include "dotls.serviceAccountName" . }}
  automountServiceAccountToken: false
  enableServiceLinks: false
  # Never the cluster's DNS: it forwards to dotls.
  dnsPolicy: Default
  {{- if $node }}
  hostNetwork: true
  {{- end }}
  {{- with include "dotls.priorityClassName" . }}
  priorityClassName: {{ . }}
  {{- end }}
  terminationGracePeriodSeconds: {{ add (int .Values.lameduckSeconds) 10 }}
  {{- with .Values.imagePullSecrets }}
  imagePullSecrets:
    {{- toYaml . | nindent 4 }}
  {{- end }}
  securityContext:
    seccompProfile:
      type: RuntimeDefault
    {{- if $root }}
    runAsUser: 0
    runAsGroup: 0
    {{- else }}
    runAsNonRoot: true
    runAsUser: 65532
    runAsGroup: 65532
    fsGroup: 65532
    {{- end }}
  {{- if and $node .Values.node.createAddress }}
  initContainers:
    - name: address
      image: {{ .Values.node.addressImage }}
      imagePullPolicy: {{ .Values.image.pullPolicy }}
      # A pod before this one may have left it there: that is as good.
      command:
        - sh
        - -c
        - ip addr add "$ADDRESS" dev lo || ip addr show dev lo | grep -qF " $ADDRESS "
      env:
        - name: ADDRESS
          value: {{ .Values.node.address }}/{{ ternary "128" "32" (contains ":" .Values.node.address) }}
      securityContext:
        runAsNonRoot: false
        runAsUser: 0
        allowPrivilegeEscalation: false
        readOnlyRootFilesystem: true
        capabilities:
          drop: [ALL]
          add: [NET_ADMIN]
      resources:
        requests:
          cpu: 5m
          memory: 8Mi
        limits:
          memory: 32Mi
  {{- end }}
  containers:
    - name: dotls
      image: {{ include "dotls.image" . }}
      imagePullPolicy: {{ .Values.image.pullPolicy }}
      args: [serve, --config, /etc/dotls/dotls.yaml]
      env:
        {{- include "dotls.env" . | trim | nindent 8 }}
      {{- if not (and $node .Values.node.surge) }}
      ports:
        - name: dns
          containerPort: {{ .Values.port }}
          protocol: UDP
        - name: dns-tcp
          containerPort: {{ .Values.port }}
          protocol: TCP
        {{- if eq $http "pod" }}
        - name: http
          containerPort: {{ .Values.control.port }}
          protocol: TCP
        {{- end }}
      {{- end }}
      startupProbe:
        {{- include "dotls.probe" (dict "root" . "path" "/livez") | nindent 8 }}
        periodSeconds: {{ ternary 1 3 (ne $http "") }}
        timeoutSeconds: 5
        failureThreshold: 30
      # The event loop and its own port, never an upstream: a restart would not mend that one.
      livenessProbe:
        {{- include "dotls.probe" (dict "root" . "path" "/livez") | nindent 8 }}
        periodSeconds: {{ ternary 10 30 (ne $http "") }}
        timeoutSeconds: 5
        failureThreshold: 3
      readinessProbe:
        {{- include "dotls.probe" (dict "root" . "path" "/readyz") | nindent 8 }}
        periodSeconds: {{ ternary 5 15 (ne $http "") }}
        timeoutSeconds: 5
        failureThreshold: 2
      securityContext:
        allowPrivilegeEscalation: false
        readOnlyRootFilesystem: true
        capabilities:
          drop: [ALL]
          {{- if $root }}
          add: [NET_BIND_SERVICE]
          {{- end }}
      {{- with .Values.resources }}
      resources:
        {{- toYaml . | nindent 8 }}
      {{- end }}
      volumeMounts:
        {{- include "dotls.volumeMounts" . | nindent 8 }}
  volumes:
    {{- include "dotls.volumes" . | nindent 4 }}
  {{- with .Values.nodeSelector }}
  nodeSelector:
    {{- toYaml . | nindent 4 }}
  {{- end }}
  {{- with .Values.affinity }}
  affinity:
    {{- toYaml . | nindent 4 }}
  {{- end }}
  {{- if .Values.tolerations }}
  tolerations:
    {{- toYaml .Values.tolerations | nindent 4 }}
  {{- else if $node }}
  tolerations:
    - operator: Exists
  {{- end }}
  {{- if not $node }}
  topologySpreadConstraints:
    - maxSkew: 1
      topologyKey: kubernetes.io/hostname
      whenUnsatisfiable: ScheduleAnyway
      labelSelector:
        matchLabels:
          {{- include "dotls.selectorLabels" . | nindent 10 }}
  {{- end }}
{{- end -}}

{{- define "dotls.env" -}}
{{- $http := include "dotls.http" . -}}
{{- with include "dotls.heap" . -}}
- name: NODE_OPTIONS
  value: --max-old-space-size={{ . }}
{{ end -}}
{{- if eq .Values.mode "cluster" -}}
- name: DOTLS_QUERY_SERVER
  value: 127.0.0.1#{{ .Values.port }}
{{ else if eq .Values.mode "sidecar" -}}
- name: DOTLS_QUERY_SERVER
  value: 127.0.0.1#53
{{ else -}}
{{- if or (not .Values.node.address) (eq $http "pod") -}}
- name: NODE_IP
  valueFrom:
    fieldRef:
      fieldPath: status.hostIP
{{ end -}}
{{- if .Values.node.address -}}
- name: DOTLS_QUERY_SERVER
  value: {{ .Values.node.address }}#{{ .Values.port }}
{{ else -}}
# `@` before the port is right for both families.
- name: DOTLS_LISTEN
  value: $(NODE_IP)@{{ .Values.port }}
- name: DOTLS_QUERY_SERVER
  value: $(NODE_IP)#{{ .Values.port }}
{{ end -}}
{{- if eq $http "pod" -}}
- name: DOTLS_CONTROL_HTTP
  value: $(NODE_IP):{{ .Values.control.port }}
{{ end -}}
{{- end -}}
{{- if eq $http "pod" -}}
- name: DOTLS_CONTROL_TOKEN
  valueFrom:
    secretKeyRef:
      name: {{ include "dotls.tokenSecret" . }}
      key: token
{{- end -}}
{{- end -}}

{{- define "dotls.probe" -}}
{{- $http := include "dotls.http" .root -}}
{{- if $http -}}
httpGet:
  path: {{ .path }}
  port: {{ .root.Values.control.port }}
  {{- if eq $http "loopback" }}
  host: 127.0.0.1
  {{- end }}
{{- else -}}
exec:
  command: [/usr/local/bin/dotls, healthcheck]
{{- end -}}
{{- end -}}

{{- define "dotls.volumeMounts" -}}
- name: config
  mountPath: /etc/dotls
  readOnly: true
- name: run
  mountPath: /run/dotls
{{- if .Values.tls.existingSecret }}
- name: tls
  mountPath: /etc/dotls-tls
  readOnly: true
{{- end }}
{{- end -}}

{{- define "dotls.volumes" -}}
- name: config
  configMap:
    name: {{ include "dotls.fullname" . }}
- name: run
  emptyDir:
    medium: Memory
    sizeLimit: 1Mi
{{- with .Values.tls.existingSecret }}
- name: tls
  secret:
    secretName: {{ . }}
    defaultMode: 0440
{{- end }}
{{- end -}}
