# Box Office in a container. Build: docker build -t box-office .
#
# The tag names the release; to pin the bytes too, look the digest up and append it:
#   docker buildx imagetools inspect denoland/deno:2.9.6
#   FROM denoland/deno:2.9.6@sha256:…
FROM denoland/deno:2.9.6

# What is written at run time belongs to the user that runs, and is readable by nobody else.
RUN install -d -o deno -g deno -m 0700 /data && install -d -o deno -g deno /app
USER deno
WORKDIR /app

# Dependencies in a layer of their own: exactly what the lock names, or the build fails. Deno caches
# everything that deno.json names, the packages that only tests use too; they are never loaded.
# Some packages hold files for their owner's eyes only: opened, so that any user may run the image.
COPY --chown=deno:deno deno.json deno.lock ./
RUN deno install --frozen && chmod -R a+rX /deno-dir

# Every import of the service is resolved once at build: what is missing fails here, not at start.
COPY --chown=deno:deno src ./src
RUN deno cache --frozen src/main.ts src/adapters/signing/kms_worker.ts

# Signing keys belong into Cloud KMS, shared state into Upstash; /data is for the embedded store.
ENV HOST=0.0.0.0 PORT=8000 DATA_DIR=/data
VOLUME /data
EXPOSE 8000

# Alive, not ready: a part that is down is no reason to restart this one.
HEALTHCHECK --interval=30s --timeout=5s --start-period=10s --retries=3 \
  CMD ["deno", "eval", "const { ok } = await fetch('http://127.0.0.1:' + Deno.env.get('PORT') + '/healthz'); Deno.exit(ok ? 0 : 1);"]

# Everything that is not named here is refused, and nobody is asked.
#   net     SuperOffice, Cloud KMS, Upstash, the issuers of callers: the environment says where
#   env     what the configuration reads, then what Google's credentials and proxies need; any other
#           variable looks absent, because libraries look for many
#   read    its own code, which is loaded when it is needed; the embedded store; mounted secrets:
#           caller lists, key and credential files; a logo, in either
#   write   the embedded store
#   sys     Google's library looks at MAC addresses to tell whether it runs on Google's machines
ENTRYPOINT ["deno", "run", "--no-prompt", "--cached-only", "--frozen", \
  "--allow-net", \
  "--allow-env=APP_LOGO_FILE,APP_NAME,APP_PRIVACY_URL,APP_SUPPORT_URL,APP_VENDOR,CALLERS,CANARY_MINUTES,LEDGER_ARCHIVE,CALLERS_FILE,DATA_DIR,DENO_DEPLOYMENT_ID,DRAIN_SECONDS,EXCHANGE_TIMEOUT_MS,GCP_SERVICE_ACCOUNT_EMAIL,GCP_WORKLOAD_PROVIDER_ID,GOOGLE_CREDENTIALS,GOOGLE_SDK_NODE_LOGGING,HOST,KMS_ENDPOINT,KMS_KEY_VERSION,KMS_PROTECTION_LEVEL,KMS_STANDBY_KEY_VERSION,LEDGER_KEY,LEDGER_KMS_KEY_VERSION,LEDGER_ORIGIN,LOG_LEVEL,PORT,PUBLIC_URL,SEALING_KEYS,SIGNATURES_PER_MINUTE,SIGNATURES_PER_TENANT_HOUR,REQUESTS_PER_TENANT_MINUTE,SIGNING_KEY_FILE,SIGNING_STANDBY_KEY_FILE,SUPEROFFICE_CLIENT_ID,SUPEROFFICE_CLIENT_SECRET,SUPEROFFICE_CLIENT_SECRET_NEXT,SUPEROFFICE_ENVIRONMENT,SUPEROFFICE_EXCHANGE,SUPEROFFICE_LEGACY_LOGIN,SUPEROFFICE_URL,TICKET_LIFETIME_SECONDS,UPSTASH_REDIS_REST_TOKEN,UPSTASH_REDIS_REST_URL,WEBHOOK_SECRET,WEBHOOK_URL,GOOGLE_APPLICATION_CREDENTIALS,GOOGLE_CLOUD_PROJECT,GOOGLE_CLOUD_QUOTA_PROJECT,GCE_METADATA_HOST,METADATA_SERVER_DETECTION,K_SERVICE,CLOUD_RUN_JOB,HTTPS_PROXY,NO_PROXY", \
  "--ignore-env", \
  "--allow-read=/app/src,/data,/run/secrets,/var/run/secrets", \
  "--allow-write=/data", \
  "--allow-sys=networkInterfaces", \
  "src/main.ts"]
