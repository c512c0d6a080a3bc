module trueline/tools/gitea

go 1.26.2

require code.gitea.io/gitea v1.26.0

replace github.com/jaytaylor/html2text => github.com/Necoro/html2text v0.0.0-20250804200300-7bf1ce1c7347

replace github.com/nektos/act => gitea.com/gitea/act v0.261.10

replace github.com/urfave/cli/v3 => github.com/urfave/cli/v3 v3.4.1

replace go.yaml.in/yaml/v4 => go.yaml.in/yaml/v4 v4.0.0-rc.3

replace github.com/Azure/azure-sdk-for-go/sdk/azcore => github.com/Azure/azure-sdk-for-go/sdk/azcore v1.19.0

replace github.com/Azure/azure-sdk-for-go/sdk/storage/azblob => github.com/Azure/azure-sdk-for-go/sdk/storage/azblob v1.6.2

replace github.com/microsoft/go-mssqldb => github.com/microsoft/go-mssqldb v1.9.7

require code.gitea.io/actions-proto-go v0.4.1

require code.gitea.io/sdk/gitea v0.24.1

require codeberg.org/gusted/mcaptcha v0.0.0-20220723083913-4f3072e1d570

require connectrpc.com/connect v1.19.1

require gitea.com/go-chi/binding v0.0.0-20260414111559-654cea7ac60a

require gitea.com/go-chi/cache v0.2.1

require gitea.com/go-chi/captcha v0.0.0-20240315150714-fb487f629098

require gitea.com/go-chi/session v0.0.0-20251124165456-68e0254e989e

require gitea.com/lunny/dingtalk_webhook v0.0.0-20171025031554-e3534c89ef96

require gitea.com/lunny/levelqueue v0.4.2-0.20230414023320-3c0159fe0fe4

require github.com/42wim/httpsig v1.2.4

require github.com/42wim/sshsig v0.0.0-20260317195500-b9f38cf0d432

require github.com/Azure/azure-sdk-for-go/sdk/azcore v1.19.0

require github.com/Azure/azure-sdk-for-go/sdk/storage/azblob v1.6.2

require github.com/Azure/go-ntlmssp v0.1.0

require github.com/ProtonMail/go-crypto v1.4.1

require github.com/PuerkitoBio/goquery v1.12.0

require github.com/SaveTheRbtz/zstd-seekable-format-go/pkg v0.8.0

require github.com/alecthomas/chroma/v2 v2.23.1

require github.com/aws/aws-sdk-go-v2/credentials v1.19.13

require github.com/aws/aws-sdk-go-v2/service/codecommit v1.33.12

require github.com/blakesmith/ar v0.0.0-20190502131153-809d4375e1fb

require github.com/blevesearch/bleve/v2 v2.5.7

require github.com/bohde/codel v0.2.0

require github.com/buildkite/terminal-to-html/v3 v3.16.8

require github.com/caddyserver/certmagic v0.25.2

require github.com/charmbracelet/git-lfs-transfer v0.1.1-0.20251013092601-6327009efd21

require github.com/chi-middleware/proxy v1.1.1

require github.com/dimiro1/reply v0.0.0-20200315094148-d0136a4c9e21

require github.com/dlclark/regexp2 v1.11.5

require github.com/dsnet/compress v0.0.2-0.20230904184137-39efe44ab707

require github.com/dustin/go-humanize v1.0.1

require github.com/editorconfig/editorconfig-core-go/v2 v2.6.4

require github.com/emersion/go-imap v1.2.1

require github.com/emirpasic/gods v1.18.1

require github.com/ethantkoenig/rupture v1.0.1

require github.com/felixge/fgprof v0.9.5

require github.com/fsnotify/fsnotify v1.9.0

require github.com/gliderlabs/ssh v0.3.8

require github.com/go-chi/chi/v5 v5.2.5

require github.com/go-chi/cors v1.2.2

require github.com/go-co-op/gocron/v2 v2.19.1

require github.com/go-enry/go-enry/v2 v2.9.5

require github.com/go-git/go-billy/v5 v5.8.0

require github.com/go-git/go-git/v5 v5.18.0

require github.com/go-ldap/ldap/v3 v3.4.13

require github.com/go-redsync/redsync/v4 v4.16.0

require github.com/go-sql-driver/mysql v1.9.3

require github.com/go-webauthn/webauthn v0.16.1

require github.com/gogs/chardet v0.0.0-20211120154057-b7413eaefb8f

require github.com/gogs/go-gogs-client v0.0.0-20210131175652-1d7215cd8d85

require github.com/golang-jwt/jwt/v5 v5.3.1

require github.com/google/go-github/v84 v84.0.0

require github.com/google/licenseclassifier/v2 v2.0.0

require github.com/google/pprof v0.0.0-20260302011040-a15ffb7f9dcc

require github.com/google/uuid v1.6.0

require github.com/gorilla/feeds v1.2.0

require github.com/gorilla/sessions v1.4.0

require github.com/hashicorp/go-version v1.9.0

require github.com/hashicorp/golang-lru/v2 v2.0.7

require github.com/huandu/xstrings v1.5.0

require github.com/jaytaylor/html2text v0.0.0-20230321000545-74c2419ad056

require github.com/jhillyerd/enmime/v2 v2.3.0

require github.com/kballard/go-shellquote v0.0.0-20180428030007-95032a82bc51

require github.com/klauspost/compress v1.18.5

require github.com/klauspost/cpuid/v2 v2.3.0

require github.com/lib/pq v1.12.1

require github.com/markbates/goth v1.82.0

require github.com/mattn/go-isatty v0.0.20

require github.com/mattn/go-sqlite3 v1.14.38

require github.com/meilisearch/meilisearch-go v0.36.1

require github.com/mholt/archives v0.1.5

require github.com/microcosm-cc/bluemonday v1.0.27

require github.com/microsoft/go-mssqldb v1.9.6

require github.com/minio/minio-go/v7 v7.0.99

require github.com/msteinert/pam/v2 v2.1.0

require github.com/nektos/act v0.2.63

require github.com/niklasfasching/go-org v1.9.1

require github.com/olivere/elastic/v7 v7.0.32

require github.com/opencontainers/go-digest v1.0.0

require github.com/opencontainers/image-spec v1.1.1

require github.com/pquerna/otp v1.5.0

require github.com/prometheus/client_golang v1.23.2

require github.com/quasoft/websspi v1.1.2

require github.com/redis/go-redis/v9 v9.18.0

require github.com/robfig/cron/v3 v3.0.1

require github.com/santhosh-tekuri/jsonschema/v6 v6.0.2

require github.com/sassoftware/go-rpmutils v0.4.0

require github.com/sergi/go-diff v1.4.0

require github.com/stretchr/testify v1.11.1

require github.com/syndtr/goleveldb v1.0.0

require github.com/tstranex/u2f v1.0.0

require github.com/ulikunitz/xz v0.5.15

require github.com/urfave/cli-docs/v3 v3.1.0

require github.com/urfave/cli/v3 v3.4.1

require github.com/wneessen/go-mail v0.7.2

require github.com/xeipuuv/gojsonschema v1.2.0

require github.com/yohcop/openid-go v1.0.1

require github.com/yuin/goldmark v1.8.2

require github.com/yuin/goldmark-highlighting/v2 v2.0.0-20230729083705-37449abec8cc

require gitlab.com/gitlab-org/api/client-go v1.46.0

require go.yaml.in/yaml/v4 v4.0.0-rc.3

require golang.org/x/crypto v0.49.0

require golang.org/x/image v0.38.0

require golang.org/x/net v0.52.0

require golang.org/x/oauth2 v0.36.0

require golang.org/x/sync v0.20.0

require golang.org/x/sys v0.42.0

require golang.org/x/text v0.35.0

require google.golang.org/grpc v1.79.3

require google.golang.org/protobuf v1.36.11

require gopkg.in/ini.v1 v1.67.1

require gopkg.in/yaml.v3 v3.0.1

require mvdan.cc/xurls/v2 v2.6.0

require strk.kbt.io/projects/go/libravatar v0.0.0-20260301104140-add494e31dab

require xorm.io/builder v0.3.13

require xorm.io/xorm v1.3.11

require cloud.google.com/go/compute/metadata v0.9.0

require code.gitea.io/gitea-vet v0.2.3

require dario.cat/mergo v1.0.2

require filippo.io/edwards25519 v1.2.0

require github.com/Azure/azure-sdk-for-go/sdk/internal v1.11.2

require github.com/DataDog/zstd v1.5.7

require github.com/Microsoft/go-winio v0.6.2

require github.com/RoaringBitmap/roaring/v2 v2.16.0

require github.com/STARRY-S/zip v0.2.3

require github.com/andybalholm/brotli v1.2.1

require github.com/andybalholm/cascadia v1.3.3

require github.com/anmitsu/go-shlex v0.0.0-20200514113438-38f4b401e2be

require github.com/aws/aws-sdk-go-v2 v1.41.5

require github.com/aws/aws-sdk-go-v2/internal/configsources v1.4.21

require github.com/aws/aws-sdk-go-v2/internal/endpoints/v2 v2.7.21

require github.com/aws/smithy-go v1.24.2

require github.com/aymerick/douceur v0.2.0

require github.com/beorn7/perks v1.0.1

require github.com/bits-and-blooms/bitset v1.24.4

require github.com/blevesearch/bleve_index_api v1.3.7

require github.com/blevesearch/geo v0.2.5

require github.com/blevesearch/go-faiss v1.0.30

require github.com/blevesearch/go-porterstemmer v1.0.3

require github.com/blevesearch/gtreap v0.1.1

require github.com/blevesearch/mmap-go v1.2.0

require github.com/blevesearch/scorch_segment_api/v2 v2.4.5

require github.com/blevesearch/segment v0.9.1

require github.com/blevesearch/snowballstem v0.9.0

require github.com/blevesearch/upsidedown_store_api v1.0.2

require github.com/blevesearch/vellum v1.2.0

require github.com/blevesearch/zapx/v11 v11.4.3

require github.com/blevesearch/zapx/v12 v12.4.3

require github.com/blevesearch/zapx/v13 v13.4.3

require github.com/blevesearch/zapx/v14 v14.4.3

require github.com/blevesearch/zapx/v15 v15.4.3

require github.com/blevesearch/zapx/v16 v16.3.2

require github.com/bmatcuk/doublestar/v4 v4.10.0

require github.com/bodgit/plumbing v1.3.0

require github.com/bodgit/sevenzip v1.6.1

require github.com/bodgit/windows v1.0.1

require github.com/boombuler/barcode v1.1.0

require github.com/bradfitz/gomemcache v0.0.0-20250403215159-8d39553ac7cf

require github.com/caddyserver/zerossl v0.1.5

require github.com/cention-sany/utf7 v0.0.0-20170124080048-26cad61bd60a

require github.com/cespare/xxhash/v2 v2.3.0

require github.com/clipperhouse/displaywidth v0.11.0

require github.com/clipperhouse/uax29/v2 v2.7.0

require github.com/cloudflare/circl v1.6.3

require github.com/couchbase/go-couchbase v0.1.1

require github.com/couchbase/gomemcached v0.3.4

require github.com/couchbase/goutils v0.3.0

require github.com/cpuguy83/go-md2man/v2 v2.0.7

require github.com/cyphar/filepath-securejoin v0.6.1

require github.com/davecgh/go-spew v1.1.2-0.20180830191138-d8f796af33cc

require github.com/davidmz/go-pageant v1.0.2

require github.com/dgryski/go-rendezvous v0.0.0-20200823014737-9f7001d12a5f

require github.com/emersion/go-sasl v0.0.0-20241020182733-b788ff22d5a6

require github.com/fatih/color v1.19.0

require github.com/fxamacker/cbor/v2 v2.9.1

require github.com/git-lfs/pktline v0.0.0-20230103162542-ca444d533ef1

require github.com/go-asn1-ber/asn1-ber v1.5.8-0.20250403174932-29230038a667

require github.com/go-enry/go-oniguruma v1.2.1

require github.com/go-fed/httpsig v1.1.1-0.20201223112313-55836744818e

require github.com/go-git/gcfg v1.5.1-0.20230307220236-3a3c6141e376

require github.com/go-ini/ini v1.67.0

require github.com/go-viper/mapstructure/v2 v2.5.0

require github.com/go-webauthn/x v0.2.2

require github.com/goccy/go-json v0.10.6

require github.com/golang-sql/civil v0.0.0-20220223132316-b832511892a9

require github.com/golang-sql/sqlexp v0.1.0

require github.com/golang/groupcache v0.0.0-20241129210726-2c02b8208cf8

require github.com/golang/snappy v1.0.0

require github.com/google/btree v1.1.3

require github.com/google/flatbuffers v25.12.19+incompatible

require github.com/google/go-querystring v1.2.0

require github.com/google/go-tpm v0.9.8

require github.com/gorilla/css v1.0.1

require github.com/gorilla/mux v1.8.1

require github.com/gorilla/securecookie v1.1.2

require github.com/hashicorp/errwrap v1.1.0

require github.com/hashicorp/go-cleanhttp v0.5.2

require github.com/hashicorp/go-multierror v1.1.1

require github.com/hashicorp/go-retryablehttp v0.7.8

require github.com/inbucket/html2text v1.0.0

require github.com/jbenet/go-context v0.0.0-20150711004518-d14ea06fba99

require github.com/jonboulle/clockwork v0.5.0

require github.com/josharian/intern v1.0.0

require github.com/json-iterator/go v1.1.12

require github.com/kevinburke/ssh_config v1.6.0

require github.com/klauspost/crc32 v1.3.0

require github.com/klauspost/pgzip v1.2.6

require github.com/libdns/libdns v1.1.1

require github.com/mailru/easyjson v0.9.2

require github.com/markbates/going v1.0.3

require github.com/mattn/go-colorable v0.1.14

require github.com/mattn/go-runewidth v0.0.21

require github.com/mattn/go-shellwords v1.0.12

require github.com/mholt/acmez/v3 v3.1.6

require github.com/miekg/dns v1.1.72

require github.com/mikelolasagasti/xz v1.0.1

require github.com/minio/crc64nvme v1.1.1

require github.com/minio/md5-simd v1.1.2

require github.com/minio/minlz v1.1.0

require github.com/modern-go/concurrent v0.0.0-20180306012644-bacd9c7ef1dd

require github.com/modern-go/reflect2 v1.0.2

require github.com/mrjones/oauth v0.0.0-20190623134757-126b35219450

require github.com/mschoch/smat v0.2.0

require github.com/munnerz/goautoneg v0.0.0-20191010083416-a7dc8b61c822

require github.com/nwaples/rardecode/v2 v2.2.2

require github.com/olekukonko/cat v0.0.0-20250911104152-50322a0618f6

require github.com/olekukonko/errors v1.2.0

require github.com/olekukonko/ll v0.1.8

require github.com/olekukonko/tablewriter v1.1.4

require github.com/onsi/ginkgo v1.16.5

require github.com/philhofer/fwd v1.2.0

require github.com/pierrec/lz4/v4 v4.1.26

require github.com/pjbgf/sha1cd v0.5.0

require github.com/pkg/errors v0.9.1

require github.com/pmezard/go-difflib v1.0.1-0.20181226105442-5d4384ee4fb2

require github.com/prometheus/client_model v0.6.2

require github.com/prometheus/common v0.67.5

require github.com/prometheus/procfs v0.20.1

require github.com/rhysd/actionlint v1.7.12

require github.com/rs/xid v1.6.0

require github.com/russross/blackfriday/v2 v2.1.0

require github.com/shopspring/decimal v1.4.0

require github.com/sirupsen/logrus v1.9.4

require github.com/skeema/knownhosts v1.3.2

require github.com/sorairolake/lzip-go v0.3.8

require github.com/spf13/afero v1.15.0

require github.com/ssor/bom v0.0.0-20170718123548-6386211fdfcf

require github.com/tinylib/msgp v1.6.3

require github.com/unknwon/com v1.0.1

require github.com/x448/float16 v0.8.4

require github.com/xanzy/ssh-agent v0.3.3

require github.com/xeipuuv/gojsonpointer v0.0.0-20190905194746-02993c407bfb

require github.com/xeipuuv/gojsonreference v0.0.0-20180127040603-bd5ef7bd5415

require github.com/xi2/xz v0.0.0-20171230120015-48954b6210f8

require github.com/zeebo/assert v1.3.0

require github.com/zeebo/blake3 v0.2.4

require go.etcd.io/bbolt v1.4.3

require go.uber.org/atomic v1.11.0

require go.uber.org/multierr v1.11.0

require go.uber.org/zap v1.27.1

require go.uber.org/zap/exp v0.3.0

require go.yaml.in/yaml/v2 v2.4.4

require go.yaml.in/yaml/v3 v3.0.4

require go4.org v0.0.0-20260112195520-a5071408f32f

require golang.org/x/exp v0.0.0-20250819193227-8b4c13bb791b

require golang.org/x/mod v0.34.0

require golang.org/x/time v0.15.0

require golang.org/x/tools v0.43.0

require google.golang.org/genproto/googleapis/rpc v0.0.0-20260401020348-3a24fdc17823

require gopkg.in/warnings.v0 v0.1.2
