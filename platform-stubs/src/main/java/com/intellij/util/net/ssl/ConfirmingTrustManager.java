package com.intellij.util.net.ssl;

import java.security.cert.X509Certificate;
import javax.net.ssl.X509TrustManager;

public final class ConfirmingTrustManager implements X509TrustManager {
  private ConfirmingTrustManager() {}

  @Override
  public void checkClientTrusted(X509Certificate[] chain, String authType) {
    throw new UnsupportedOperationException();
  }

  @Override
  public void checkServerTrusted(X509Certificate[] chain, String authType) {
    throw new UnsupportedOperationException();
  }

  @Override
  public X509Certificate[] getAcceptedIssuers() {
    throw new UnsupportedOperationException();
  }
}
