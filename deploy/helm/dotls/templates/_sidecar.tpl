{{/*
What a pod needs for dotls beside its application. Charts that have this one as a dependency can include it into the pods
of their own: {{ include "dotls.sidecar" .Subcharts.dotls }}

resolv.conf has no place for a port, and all containers of a pod have one network: hence port 53, which a safe sysctl lets
everybody bind. The names of the cluster go to its DNS by a route in the configuration.
*/}}
{{- define "dotls.sidecar" -}}
{{- $namespace := default .Release.Namespace .Values.sidecar.namespace -}}
{{- $zone := .Values.sidecar.clusterZone -}}
metadata:
  annotations:
    dotls/config: {{ include "dotls.config" . | sha256sum }}
spec:
  dnsPolicy: None
  dnsConfig:
    nameservers: [127.0.0.1]
    searches:
      - {{ $namespace }}.svc.{{ $zone }}
      - svc.{{ $zone }}
      - {{ $zone }}
    options:
      - name: ndots
        value: "5"
  securityContext:
    sysctls:
      - name: net.ipv4.ip_unprivileged_port_start
        value: "53"
  initContainers:
    # A sidecar of Kubernetes' own kind: it starts before the application, which waits for the probe, and ends after it.
    - name: dotls
      restartPolicy: Always
      image: {{ include "dotls.image" . }}
      imagePullPolicy: {{ .Values.image.pullPolicy }}
      args: [serve, --config, /etc/dotls/dotls.yaml]
      env:
        {{- include "dotls.env" . | trim | nindent 8 }}
      startupProbe:
        {{- include "dotls.probe" (dict "root" . "path" "/livez") | nindent 8 }}
        periodSeconds: 2
        timeoutSeconds: 5
        failureThreshold: 30
      livenessProbe:
        {{- include "dotls.probe" (dict "root" . "path" "/livez") | nindent 8 }}
        periodSeconds: 30
        timeoutSeconds: 5
        failureThreshold: 3
      securityContext:
        runAsNonRoot: true
        runAsUser: 65532
        runAsGroup: 65532
        allowPrivilegeEscalation: false
        readOnlyRootFilesystem: true
        capabilities:
          drop: [ALL]
        seccompProfile:
          type: RuntimeDefault
      {{- with .Values.resources }}
      resources:
        {{- toYaml . | nindent 8 }}
      {{- end }}
      volumeMounts:
        - name: dotls-config
          mountPath: /etc/dotls
          readOnly: true
        - name: dotls-run
          mountPath: /run/dotls
        {{- if .Values.tls.existingSecret }}
        - name: dotls-tls
          mountPath: /etc/dotls-tls
          readOnly: true
        {{- end }}
  volumes:
    - name: dotls-config
      configMap:
        name: {{ include "dotls.fullname" . }}
    - name: dotls-run
      emptyDir:
        medium: Memory
        sizeLimit: 1Mi
    {{- with .Values.tls.existingSecret }}
    - name: dotls-tls
      secret:
        secretName: {{ . }}
    {{- end }}
{{- end -}}
