{{/* Reads manifests of deploy/, lays the values over the workloads in them, and writes them out. Takes root and paths. */}}
{{- define "weir.manifests" }}
{{- $root := .root }}
{{- range .paths }}
  {{- range splitList "\n---\n" ($root.Files.Get .) }}
    {{- $object := fromYaml (print . "\n") }}
    {{- include "weir.values" (dict "root" $root "object" $object) }}
    {{- if not $object.omit }}
---
{{ toYaml $object }}
    {{- end }}
  {{- end }}
{{- end }}
{{- end }}

{{/* Changes one object as the values say; writes nothing. */}}
{{- define "weir.values" }}
{{- $values := .root.Values }}
{{- $object := .object }}
{{- $name := printf "%s/%s" $object.kind $object.metadata.name }}
{{- if eq $name "Deployment/weir-controller" }}
  {{- $_ := set $object.spec "replicas" $values.controller.replicas }}
  {{- include "weir.workload" (dict "root" .root "object" $object "settings" $values.controller "image" $values.image) }}
  {{- $container := index $object.spec.template.spec.containers 0 }}
  {{- $_ := set $container "args" (concat (list (printf "--providers=%s" (join "," $values.providers))) (include "weir.page" .root | fromYamlArray) (include "weir.logging" .root | fromYamlArray)) }}
  {{- $_ := set $container "env" (concat $container.env (include "weir.environment" .root | fromYamlArray) $values.controller.env) }}
{{- else if eq $name "DaemonSet/weir-agent" }}
  {{- include "weir.workload" (dict "root" .root "object" $object "settings" $values.agent "image" $values.image) }}
  {{- $container := index $object.spec.template.spec.containers 0 }}
  {{- $_ := set $container "args" (concat $container.args (include "weir.logging" .root | fromYamlArray)) }}
{{- else if eq $name "DaemonSet/weir-gateway" }}
  {{- include "weir.workload" (dict "root" .root "object" $object "settings" $values.gateway "image" $values.gateway.image) }}
{{- else if eq $name "PodDisruptionBudget/weir-controller" }}
  {{- if lt (int $values.controller.replicas) 2 }}{{ $_ := set $object "omit" true }}{{ end }}
{{- else if eq $name "ServiceAccount/weir-controller" }}
  {{- $annotations := merge (dict) $values.controller.serviceAccountAnnotations }}
  {{- with $values.aws.roleArn }}{{ $_ := set $annotations "eks.amazonaws.com/role-arn" . }}{{ end }}
  {{- with $annotations }}{{ $_ := set $object.metadata "annotations" . }}{{ end }}
{{- end }}
{{- end }}

{{/* What controller, agents and gateways have in common. */}}
{{- define "weir.workload" }}
{{- $template := .object.spec.template }}
{{- $pod := $template.spec }}
{{- $container := index $pod.containers 0 }}
{{- $_ := set $container "image" (include "weir.image" (dict "image" .image "otherwise" $container.image)) }}
{{- with .image.pullPolicy }}{{ $_ := set $container "imagePullPolicy" . }}{{ end }}
{{- with .root.Values.imagePullSecrets }}{{ $_ := set $pod "imagePullSecrets" . }}{{ end }}
{{- $_ := set $container "resources" (mergeOverwrite $container.resources .settings.resources) }}
{{- with .settings.nodeSelector }}{{ $_ := set $pod "nodeSelector" (mergeOverwrite ($pod.nodeSelector | default (dict)) .) }}{{ end }}
{{- with .settings.tolerations }}{{ $_ := set $pod "tolerations" . }}{{ end }}
{{- with .settings.priorityClassName }}
  {{- if eq . "none" }}{{ $_ := unset $pod "priorityClassName" }}{{ else }}{{ $_ := set $pod "priorityClassName" . }}{{ end }}
{{- end }}
{{- with .settings.podAnnotations }}{{ $_ := set $template.metadata "annotations" . }}{{ end }}
{{/* The labels by which its workload knows it stay. */}}
{{- with .settings.podLabels }}{{ $_ := set $template.metadata "labels" (merge $template.metadata.labels .) }}{{ end }}
{{- end }}

{{/* "repository:tag" or "repository@digest", each as far as it is said, else as in the manifest. */}}
{{- define "weir.image" }}
{{- $known := regexFind "^[^:@]*" .otherwise }}
{{- $repository := .image.repository | default $known }}
{{- if .image.digest }}{{ printf "%s@%s" $repository .image.digest }}
{{- else if .image.tag }}{{ printf "%s:%s" $repository .image.tag }}
{{- else }}{{ print $repository (trimPrefix $known .otherwise) }}
{{- end }}
{{- end }}

{{/* What the patch of deploy/page adds. */}}
{{- define "weir.page" }}
{{- if .Values.page.enabled }}
{{- range fromYamlArray (.Files.Get "manifests/page/port.yaml") }}
- {{ .value }}
{{- end }}
{{- else }}
[]
{{- end }}
{{- end }}

{{- define "weir.logging" }}
{{- if ne .Values.logLevel "info" }}
- --log-level={{ .Values.logLevel }}
{{- else }}
[]
{{- end }}
{{- end }}

{{- define "weir.environment" }}
{{- if not (or .Values.aws.region .Values.aws.vpcId) }}
[]
{{- end }}
{{- with .Values.aws.region }}
- {name: AWS_REGION, value: {{ quote . }}}
{{- end }}
{{- with .Values.aws.vpcId }}
- {name: WEIR_AWS_VPC_ID, value: {{ quote . }}}
{{- end }}
{{- end }}
