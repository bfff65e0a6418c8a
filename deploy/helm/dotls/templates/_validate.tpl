{{/* What no value can tell alone. Each message says what to do. */}}
{{- define "dotls.validate" -}}
{{- $mode := .Values.mode -}}
{{- $port := int .Values.port -}}

{{- if and (eq $mode "cluster") (lt $port 1024) -}}
{{- fail (printf "port: %d needs a privilege that pods of mode cluster do without; leave it at 5300, the Service has port 53 all the same" $port) -}}
{{- end -}}
{{- if eq $port (int .Values.control.port) -}}
{{- fail (printf "port and control.port are both %d; give control.port another one" $port) -}}
{{- end -}}

{{- with .Values.node.address -}}
{{- if or (hasPrefix "127." .) (eq . "::1") -}}
{{- fail (printf "node.address: %s is the loopback of whoever asks: CoreDNS would ask itself there; take a link-local address such as 169.254.20.53, or leave it empty for the address of the node" .) -}}
{{- end -}}
{{- if or (eq . "0.0.0.0") (eq . "::") -}}
{{- fail (printf "node.address: %s would make every node an open resolver; leave it empty for the address of the node" .) -}}
{{- end -}}
{{- end -}}
{{- if and .Values.node.createAddress (not .Values.node.address) -}}
{{- fail "node.createAddress: there is no address to create; set node.address, to 169.254.20.53 for example" -}}
{{- end -}}
{{- if and .Values.node.surge (ne $mode "node") -}}
{{- fail (printf "node.surge is for pods in the network of a node; leave it off in mode %s" $mode) -}}
{{- end -}}
{{- if and .Values.node.surge .Values.podMonitor.enabled -}}
{{- fail "podMonitor: with node.surge no port is declared and nothing is served over HTTP, as two pods of a node would both need that port; switch one of the two off" -}}
{{- end -}}

{{- if and .Values.serviceMonitor.enabled (ne $mode "cluster") -}}
{{- fail (printf "serviceMonitor: there is no Service in mode %s; use podMonitor" $mode) -}}
{{- end -}}
{{- if and .Values.podMonitor.enabled (ne $mode "node") -}}
{{- fail (printf "podMonitor is for mode node; %s" (ternary "use serviceMonitor" "a sidecar is scraped with the pod it is in" (eq $mode "cluster"))) -}}
{{- end -}}
{{- if or .Values.serviceMonitor.enabled .Values.podMonitor.enabled .Values.prometheusRule.enabled -}}
{{- if not (.Capabilities.APIVersions.Has "monitoring.coreos.com/v1") -}}
{{- fail "serviceMonitor, podMonitor and prometheusRule need the Prometheus operator (monitoring.coreos.com/v1), which this cluster does not have; install it first, or switch them off" -}}
{{- end -}}
{{- end -}}

{{- if and .Values.networkPolicy.enabled (ne $mode "cluster") -}}
{{- fail (printf "networkPolicy: it has no power over pods in the network of a node, and those of a sidecar are yours; switch it off in mode %s" $mode) -}}
{{- end -}}

{{- if and (or .Values.tls.ca .Values.tls.clientCertificate) (not .Values.tls.existingSecret) -}}
{{- fail "tls.ca and tls.clientCertificate need tls.existingSecret, the Secret that has ca.crt, tls.crt and tls.key" -}}
{{- end -}}
{{- if and .Values.tls.existingSecret (not .Values.tls.ca) (not .Values.tls.clientCertificate) -}}
{{- fail "tls.existingSecret is used for nothing; set tls.ca, tls.clientCertificate or both to true" -}}
{{- end -}}

{{- if and (eq $mode "sidecar") (not .Values.sidecar.clusterDns) -}}
{{- fail "sidecar.clusterDns: the names of the cluster would be lost; set it to the address that `kubectl -n kube-system get service kube-dns` shows" -}}
{{- end -}}
{{- if and (eq $mode "sidecar") (not (semverCompare ">=1.29.0-0" .Capabilities.KubeVersion.Version)) -}}
{{- fail "mode sidecar needs Kubernetes 1.29, where an init container may go on running beside the application" -}}
{{- end -}}

{{- if and .Values.priorityQuota.enabled (or (not (include "dotls.priorityClassName" .)) (eq $mode "sidecar")) -}}
{{- fail "priorityQuota: there is no priority class to have a quota for; set priorityClassName to auto in mode cluster or node" -}}
{{- end -}}

{{- range .Values.upstreams -}}
{{- if kindIs "string" . -}}
{{- if regexMatch "^(udp|tcp)://" . -}}
{{- fail (printf "upstreams: %s would get every name in the clear; plain resolvers stand in config.routes only" .) -}}
{{- end -}}
{{- if and (regexMatch "^(tls|https)://[^\\[/:#%@]*[A-Za-z][^:/]*" .) (not (regexMatch "^(tls|https)://\\[?[0-9a-fA-F]*[.:][0-9a-fA-F.:]*\\]?([:#%/@{]|$)" .)) (not $.Values.config.bootstrap) -}}
{{- fail (printf "upstreams: %s is known by its name, and whoever tells its address may end at dotls itself; write tls://ADDRESS#NAME, or set config.bootstrap" .) -}}
{{- end -}}
{{- end -}}
{{- end -}}
{{- end -}}
