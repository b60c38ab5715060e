# $upload is not needed: it is for another platform, or did not arrive.

case $upload in
  "$base"/upload.*) rm -rf "$upload" ;;
esac
say discarded yes
