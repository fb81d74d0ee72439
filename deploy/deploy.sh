#!/usr/bin/env bash
# Deploys the serverless home with its page: deploy.sh [STAGE] (default prod).
# `make deploy` builds what it needs first. It needs AWS credentials and the AWS
# command line; AWS_REGION chooses the Region.
set -euo pipefail
cd "$(dirname "$0")"
stage=${1:-prod}
region=${AWS_REGION:-us-east-1}

command -v aws >/dev/null || { echo "deploy: please install the AWS command line (awscli)" >&2; exit 1; }
[[ -s ../web/dist/index.html && -s ../bin/lambda.zip ]] || { echo "deploy: run make deploy, which builds the page and the functions" >&2; exit 1; }

# MARU_DEPLOY holds further parameters, for example --param origins=https://intranet.example.org
read -ra params <<<"${MARU_DEPLOY:-}"
npx --no-install osls deploy --stage "$stage" --region "$region" ${params[@]+"${params[@]}"}

output() {
  aws cloudformation describe-stacks --region "$region" --stack-name "maru-$stage" \
    --query "Stacks[0].Outputs[?OutputKey=='$1'].OutputValue" --output text
}

# The files come first, then the index that refers to them, so that a page finds
# them while it loads. Files of earlier builds stay for pages that are still open.
bucket=$(output PageBucketName)
aws s3 cp ../web/dist/assets "s3://$bucket/assets" --region "$region" --recursive --cache-control "public, max-age=31536000, immutable"
aws s3 cp ../web/dist "s3://$bucket" --region "$region" --recursive --exclude "assets/*" --cache-control no-cache
echo "Maru is at $(output PageURL)"
