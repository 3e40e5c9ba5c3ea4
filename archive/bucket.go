package archive

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net/url"
	"os"
	"path"
	"slices"
	"strings"

	"github.com/minio/minio-go/v7"
	"github.com/minio/minio-go/v7/pkg/credentials"
)

// A Key is an access key of a bucket.
type Key struct{ ID, Secret, Token string }

// tries is how often a call to a bucket is made before its failure counts. The waits between
// them grow.
const tries = 6

// A bucket is a place behind the S3 protocol: Alibaba Cloud OSS, MinIO and others.
type bucket struct {
	client       *minio.Client
	name, prefix string
}

// newBucket takes s3://bucket/prefix?endpoint=host. The endpoint may begin with http://, and
// region= may be given besides.
func newBucket(address string, key func(context.Context) (Key, error)) (*bucket, error) {
	u, err := url.Parse(address)
	if err != nil {
		return nil, errors.New("the address of the bucket cannot be read: expected s3://bucket/prefix?endpoint=host")
	}
	query := u.Query()
	host := query.Get("endpoint")
	if u.Host == "" || host == "" || u.User != nil {
		return nil, errors.New("the address of a bucket is s3://bucket/prefix?endpoint=host, such as s3://archive/syncer?endpoint=oss-cn-hangzhou.aliyuncs.com")
	}
	if key == nil {
		return nil, errors.New("a bucket needs credentials")
	}
	plain := strings.HasPrefix(host, "http://")
	host = strings.TrimPrefix(strings.TrimPrefix(host, "http://"), "https://")
	client, err := minio.New(host, &minio.Options{
		Creds: credentials.New(provider{key}), Secure: !plain, Region: query.Get("region"), MaxRetries: tries,
	})
	if err != nil {
		return nil, fmt.Errorf("the endpoint of the bucket: %w", err)
	}
	return &bucket{client, u.Host, strings.Trim(u.Path, "/")}, nil
}

// A provider asks for the key at every call: whoever has it keeps it as long as it lasts.
type provider struct {
	key func(context.Context) (Key, error)
}

func (p provider) RetrieveWithCredContext(*credentials.CredContext) (credentials.Value, error) {
	return p.Retrieve()
}

func (p provider) Retrieve() (credentials.Value, error) {
	k, err := p.key(context.Background())
	return credentials.Value{AccessKeyID: k.ID, SecretAccessKey: k.Secret, SessionToken: k.Token, SignerType: credentials.SignatureV4}, err
}

func (p provider) IsExpired() bool { return true }

func (b *bucket) url() string { return "s3://" + path.Join(b.name, b.prefix) }

func (b *bucket) object(name string) string { return path.Join(b.prefix, name) }

// create makes a local file without a name: whatever becomes of the process, nothing is left.
func (b *bucket) create() (draft, error) { return nameless() }

func nameless() (*os.File, error) {
	f, err := os.CreateTemp("", "syncer-archive-*")
	if err != nil {
		return nil, err
	}
	return f, os.Remove(f.Name())
}

func (b *bucket) discard(d draft) { _ = d.Close() }

func (b *bucket) tidy() error { return nil }

// publish uploads a file, which is there as a whole or not at all, and reads it back.
func (b *bucket) publish(ctx context.Context, d draft, name string) error {
	size, sum, err := sizeAndSum(d)
	if err != nil {
		return err
	}
	kind := "application/octet-stream"
	if strings.HasSuffix(name, ".json") {
		kind = "application/json"
	}
	// A hash of each chunk among the bytes is something that not all servers know. The MD5
	// that goes with them, and reading back, show what was damaged on the way.
	if _, err := b.client.PutObject(ctx, b.name, b.object(name), io.NewSectionReader(d, 0, size), size, minio.PutObjectOptions{ContentType: kind, SendContentMd5: true, DisableContentSha256: true}); err != nil {
		return b.told("upload", err)
	}
	o, err := b.client.GetObject(ctx, b.name, b.object(name), minio.GetObjectOptions{})
	if err != nil {
		return b.told("read back", err)
	}
	defer func() { _ = o.Close() }()
	got := sha256.New()
	if n, err := io.Copy(got, o); err != nil {
		return b.told("read back", err)
	} else if n != size || !slices.Equal(got.Sum(nil), sum) {
		return fmt.Errorf("read back %d bytes of %d: %w", n, size, errDamaged)
	}
	return nil
}

func sizeAndSum(r io.ReaderAt) (size int64, sum []byte, err error) {
	h := sha256.New()
	size, err = io.Copy(h, io.NewSectionReader(r, 0, 1<<62))
	return size, h.Sum(nil), err
}

// told says in one line what the bucket answered.
func (b *bucket) told(what string, err error) error {
	answer := minio.ToErrorResponse(err)
	switch answer.Code {
	case "NoSuchKey":
		return fmt.Errorf("%s: %w", what, fs.ErrNotExist)
	case "NoSuchBucket":
		return fmt.Errorf("%s: there is no bucket %s at this endpoint", what, b.name)
	case "AccessDenied", "SignatureDoesNotMatch", "InvalidAccessKeyId":
		return fmt.Errorf("%s: the bucket refuses the key (%s): it must be allowed to list the bucket, and to read and write objects: %w", what, answer.Code, err)
	}
	return fmt.Errorf("%s: %w", what, err)
}

// open downloads a file, since Parquet is read here and there.
func (b *bucket) open(ctx context.Context, name string) (content, error) {
	o, err := b.client.GetObject(ctx, b.name, b.object(name), minio.GetObjectOptions{})
	if err != nil {
		return nil, b.told("read", err)
	}
	defer func() { _ = o.Close() }()
	f, err := nameless()
	if err != nil {
		return nil, err
	}
	n, err := io.Copy(f, o)
	if err != nil {
		return nil, errors.Join(b.told("read", err), f.Close())
	}
	return diskFile{f, n}, nil
}

func (b *bucket) list(ctx context.Context, folder string) (names []string, err error) {
	prefix := b.object(folder) + "/"
	for o := range b.client.ListObjectsIter(ctx, b.name, minio.ListObjectsOptions{Prefix: prefix}) {
		if o.Err != nil {
			return nil, b.told("list", o.Err)
		}
		names = append(names, strings.TrimSuffix(strings.TrimPrefix(o.Key, prefix), "/"))
	}
	slices.Sort(names)
	return names, nil
}
