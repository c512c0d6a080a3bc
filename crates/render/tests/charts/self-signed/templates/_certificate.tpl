{{- define "certificate" }}
{{- $cert := genSelfSignedCertWithKey "shop" nil (list "shop.example") (int .Values.days) (genPrivateKey "ecdsa") }}
tls.crt: {{ $cert.Cert | b64enc }}
tls.key: {{ $cert.Key | b64enc }}
tls.pem: {{ print $cert.Key $cert.Cert | b64enc }}
{{- end }}
