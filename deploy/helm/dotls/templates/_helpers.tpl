{{- define "dotls.fullname" -}}
{{- if .Values.fullnameOverride -}}
{{- .Values.fullnameOverride | trunc 63 | trimSuffix "-" -}}
{{- else -}}
{{- $name := default .Chart.Name .Values.nameOverride -}}
{{- if contains $name .Release.Name -}}
{{- .Release.Name | trunc 63 | trimSuffix "-" -}}
{{- else -}}
{{- printf "%s-%s" .Release.Name $name | trunc 63 | trimSuffix "-" -}}
{{- end -}}
{{- end -}}
{{- end -}}

{{- define "dotls.selectorLabels" -}}
app.kubernetes.io/name: {{ default .Chart.Name .Values.nameOverride }}
app.kubernetes.io/instance: {{ .Release.Name }}
{{- end -}}

{{- define "dotls.labels" -}}
{{ include "dotls.selectorLabels" . }}
app.kubernetes.io/version: {{ .Chart.AppVersion | quote }}
app.kubernetes.io/component: {{ .Values.mode }}
app.kubernetes.io/managed-by: {{ .Release.Service }}
helm.sh/chart: {{ printf "%s-%s" .Chart.Name .Chart.Version | replace "+" "_" }}
{{- end -}}

{{- define "dotls.image" -}}
{{- with .Values.image -}}
{{- if .digest -}}
{{ .repository }}@{{ .digest }}
{{- else -}}
{{ .repository }}:{{ default $.Chart.AppVersion .tag }}
{{- end -}}
{{- end -}}
{{- end -}}

{{- define "dotls.serviceAccountName" -}}
{{- if .Values.serviceAccount.create -}}
{{ default (include "dotls.fullname" .) .Values.serviceAccount.name }}
{{- else -}}
{{ default "default" .Values.serviceAccount.name }}
{{- end -}}
{{- end -}}

{{- define "dotls.priorityClassName" -}}
{{- if ne .Values.priorityClassName "auto" -}}
{{ .Values.priorityClassName }}
{{- else -}}
system-{{ .Values.mode }}-critical
{{- end -}}
{{- end -}}

{{/* An address before its port: that of IPv6 in brackets. */}}
{{- define "dotls.bracketed" -}}
{{- if contains ":" . -}}[{{ . }}]{{- else -}}{{ . }}{{- end -}}
{{- end -}}

{{/*
Where HTTP is served: "pod" at the pod's address, "loopback", or "" nowhere. Two pods on one node (surge) share the port of
DNS alone: over HTTP it could be either that answers. On a node's own address it is only for who scrapes it.
*/}}
{{- define "dotls.http" -}}
{{- if eq .Values.mode "cluster" -}}pod
{{- else if and (eq .Values.mode "node") (not .Values.node.surge) -}}
{{- if .Values.podMonitor.enabled -}}pod{{- else -}}loopback{{- end -}}
{{- end -}}
{{- end -}}

{{- define "dotls.tokenSecret" -}}
{{ default (printf "%s-token" (include "dotls.fullname" .)) .Values.control.existingSecret }}
{{- end -}}

{{/* dotls.yaml. What depends on the node comes over it by variables (dotls.env). */}}
{{- define "dotls.config" -}}
{{- $config := deepCopy .Values.config -}}
{{- $_ := set $config "upstreams" .Values.upstreams -}}
{{- $_ := set $config "state" "none" -}}
{{- $_ := set $config "lameduck" (printf "%ds" (int .Values.lameduckSeconds)) -}}
{{- if .Values.hotReload -}}
{{- $_ := set $config "watch" true -}}
{{- end -}}
{{- $port := int .Values.port -}}
{{- if eq .Values.mode "cluster" -}}
{{- $_ := set $config "listen" (list (printf "%s:%d" (include "dotls.bracketed" .Values.address) $port)) -}}
{{- $_ := set $config "control" (dict "http" (printf "%s:%d" (include "dotls.bracketed" .Values.address) (int .Values.control.port))) -}}
{{- else if eq .Values.mode "node" -}}
{{- with .Values.node.address -}}
{{- $_ := set $config "listen" (list (printf "%s:%d" (include "dotls.bracketed" .) $port)) -}}
{{- end -}}
{{- if .Values.node.surge -}}
{{- $_ := set $config "shareListeners" true -}}
{{- end -}}
{{- if eq (include "dotls.http" .) "loopback" -}}
{{- $_ := set $config "control" (dict "http" (printf "127.0.0.1:%d" (int .Values.control.port))) -}}
{{- end -}}
{{- else -}}
{{- $cluster := dict "match" (concat (list .Values.sidecar.clusterZone) .Values.sidecar.reverse) "upstreams" (list (printf "udp://%s" (include "dotls.bracketed" .Values.sidecar.clusterDns))) -}}
{{- $_ := set $config "listen" (list "127.0.0.1:53") -}}
{{- $_ := set $config "cluster" "off" -}}
{{- $_ := set $config "routes" (append (default list $config.routes) $cluster) -}}
{{- if not $config.access -}}
{{- $_ := set $config "access" (dict "allow" (list "127.0.0.0/8")) -}}
{{- end -}}
{{- end -}}
{{- $tls := deepCopy (default dict $config.tls) -}}
{{- if .Values.tls.ca -}}
{{- $_ := set $tls "ca" "/etc/dotls-tls/ca.crt" -}}
{{- end -}}
{{- if .Values.tls.clientCertificate -}}
{{- $_ := set $tls "cert" "/etc/dotls-tls/tls.crt" -}}
{{- $_ := set $tls "key" "/etc/dotls-tls/tls.key" -}}
{{- end -}}
{{- if $tls -}}
{{- $_ := set $config "tls" $tls -}}
{{- end -}}
{{- toYaml $config -}}
{{- end -}}

{{/* Half of the memory is for JavaScript objects; the cache and the buffers are outside of V8's heap. */}}
{{- define "dotls.heap" -}}
{{- $limit := default "" (get (default dict .Values.resources.limits) "memory") | toString -}}
{{- if regexMatch "^[0-9]+Mi$" $limit -}}
{{- div (trimSuffix "Mi" $limit | int) 2 -}}
{{- else if regexMatch "^[0-9]+Gi$" $limit -}}
{{- mul (trimSuffix "Gi" $limit | int) 512 -}}
{{- end -}}
{{- end -}}
