{{- define "ims.container" -}}
- name: {{ .name }}
  image: "{{ required "image.repository: say where the image is" .image.repository }}:{{ required "image.tag: say which version" .image.tag }}"
  imagePullPolicy: {{ .image.pullPolicy }}
  command: [python, -m, ims_{{ .service }}{{ if eq .name "migrate" }}, migrate{{ end }}]
  securityContext:
    allowPrivilegeEscalation: false
    readOnlyRootFilesystem: true
    capabilities: {drop: [ALL]}
  env:
    - {name: IMS_HTTP_HOST, value: "0.0.0.0"}
    - {name: IMS_HTTP_PORT, value: "8000"}
    {{- range $name, $value := .settings }}
    - name: {{ $name }}
      value: {{ (kindIs "string" $value | ternary $value (toJson $value)) | quote }}
    {{- end }}
    {{- range $name, $from := .secrets }}
    - name: {{ $name }}
      valueFrom:
        secretKeyRef: {name: {{ $from.secret }}, key: {{ $from.key }}}
    {{- end }}
  resources: {{- toYaml .own.resources | nindent 4 }}
  volumeMounts:
    - {name: tmp, mountPath: /tmp}
    {{- with .own.volumeMounts }}
    {{- toYaml . | nindent 4 }}
    {{- end }}
{{- end }}
