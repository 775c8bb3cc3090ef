# Puts certificates into stores of the computer, without their private keys.
[CmdletBinding()]
param([switch]$Test)

Set-StrictMode -Version 3
$ErrorActionPreference = 'Stop'
$ProgressPreference = 'SilentlyContinue'
. (Join-Path -Path $PSScriptRoot -ChildPath 'common.ps1')

# {store, thumbprint, present, sha256, subject, notAfter} as the store has it; notAfter in UTC, ISO 8601.
function Get-StoreCertificate {
    [CmdletBinding()]
    param([Parameter(Mandatory = $true)][string]$Store, [Parameter(Mandatory = $true)][string]$Thumbprint)
    $found = @{ store = $Store; thumbprint = $Thumbprint; present = $false; sha256 = ''; subject = ''; notAfter = '' }
    $certificate = Get-Item -LiteralPath "Cert:\LocalMachine\$Store\$Thumbprint" -ErrorAction SilentlyContinue
    if ($null -eq $certificate) { return $found }
    $hash = [System.Security.Cryptography.SHA256]::Create()
    try { $digest = $hash.ComputeHash($certificate.RawData) }
    finally { $hash.Dispose() }
    $found.present = $true
    $found.sha256 = [BitConverter]::ToString($digest).Replace('-', '').ToLowerInvariant()
    $found.subject = [string]$certificate.Subject
    $found.notAfter = $certificate.NotAfter.ToUniversalTime().ToString('yyyy-MM-ddTHH:mm:ssZ', [Globalization.CultureInfo]::InvariantCulture)
    return $found
}

function Add-StoreCertificate {
    [CmdletBinding()]
    param([Parameter(Mandatory = $true)][string]$Store, [Parameter(Mandatory = $true)][string]$Thumbprint, [Parameter(Mandatory = $true)][string]$Content)
    $certificate = New-Object -TypeName System.Security.Cryptography.X509Certificates.X509Certificate2 -ArgumentList @(, [Convert]::FromBase64String($Content))
    try {
        if ($certificate.Thumbprint -ne $Thumbprint) { Stop-Ingot -Code 'certificates.thumbprint' -Message ('Expected a certificate with the thumbprint {0}, found {1}.' -f $Thumbprint, $certificate.Thumbprint) }
        $target = New-Object -TypeName System.Security.Cryptography.X509Certificates.X509Store -ArgumentList $Store, 'LocalMachine'
        try {
            $target.Open('ReadWrite')
            $target.Add($certificate)
        }
        catch [System.Security.Cryptography.CryptographicException] {
            Stop-Ingot -Code 'certificates.store-refused' -Message ('Expected the store {0} to take {1}, found: {2}' -f $Store, $certificate.Subject, $_.Exception.Message)
        }
        finally { $target.Dispose() }
    }
    finally { $certificate.Dispose() }
}

Invoke-IngotScript -Body {
    param($Parameter)
    $wanted = @(Get-IngotProperty -InputObject $Parameter -Name 'certificates' -Default @())
    foreach ($one in $wanted) {
        $store = Get-IngotText -InputObject $one -Name 'store'
        if (@('Root', 'CA', 'TrustedPublisher') -cnotcontains $store) { Stop-Ingot -Code 'guest.parameters' -Message "Expected the store Root, CA or TrustedPublisher, found $store." }
        if ((Get-IngotText -InputObject $one -Name 'thumbprint') -cnotmatch '^[0-9A-F]{40}$') { Stop-Ingot -Code 'guest.parameters' -Message 'Expected a thumbprint of 40 hexadecimal digits, upper case.' }
    }
    $before = @($wanted | ForEach-Object -Process { Get-StoreCertificate -Store $_.store -Thumbprint $_.thumbprint })
    $missing = @()
    for ($at = 0; $at -lt $wanted.Count; $at++) { if (-not $before[$at].present) { $missing += $wanted[$at] } }
    $after = $before
    if (-not $Test -and $missing.Count -gt 0) {
        foreach ($one in $missing) { Add-StoreCertificate -Store $one.store -Thumbprint $one.thumbprint -Content (Get-IngotText -InputObject $one -Name 'der') }
        $after = @($wanted | ForEach-Object -Process { Get-StoreCertificate -Store $_.store -Thumbprint $_.thumbprint })
    }
    $evidence = @($missing | ForEach-Object -Process { '{0}: {1}' -f $_.store, $_.thumbprint })
    New-IngotResult -Changed ($missing.Count -gt 0) -Before @($before) -After @($after) -Evidence $evidence
}
