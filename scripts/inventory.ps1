# Says what is in this Windows: build, updates, features, services, software, drivers, certificates, users. Changes nothing.
[CmdletBinding()]
param()

Set-StrictMode -Version 3
$ErrorActionPreference = 'Stop'
$ProgressPreference = 'SilentlyContinue'
. (Join-Path -Path $PSScriptRoot -ChildPath 'common.ps1')
. (Join-Path -Path $PSScriptRoot -ChildPath 'lib-state.ps1')

# Each part alone: what cannot be read must not hide the rest.
$Parts = [ordered]@{
    os           = {
        $path = 'HKLM:\SOFTWARE\Microsoft\Windows NT\CurrentVersion'
        @{
            build            = Get-IngotOsBuild
            edition          = [string](Get-RegistryValue -Path $path -Name 'EditionID' -Default '')
            installationType = [string](Get-RegistryValue -Path $path -Name 'InstallationType' -Default '')
            productName      = [string](Get-RegistryValue -Path $path -Name 'ProductName' -Default '')
        }
    }
    # As Windows lists them, and the cumulative ones by their package: those stay where an update has been superseded.
    updates      = { , @(Get-HotFix | ForEach-Object -Process { [string]$_.HotFixID }) }
    packages     = {
        $root = 'HKLM:\SOFTWARE\Microsoft\Windows\CurrentVersion\Component Based Servicing\Packages'
        $names = @(Get-ChildItem -LiteralPath $root | ForEach-Object -Process { $_.PSChildName } | Where-Object -FilterScript { $_ -match '^Package_for_(RollupFix|DotNetRollup|ServicingStack|KB\d+)' })
        # CurrentState 0x70: installed.
        , @($names | Where-Object -FilterScript { (Get-RegistryValue -Path "$root\$_" -Name 'CurrentState' -Default 0) -eq 112 })
    }
    features     = { , @(Get-WindowsFeature | Where-Object -FilterScript { $_.InstallState.ToString() -eq 'Installed' } | ForEach-Object -Process { [string]$_.Name }) }
    capabilities = { , @(Get-WindowsCapability -Online | Where-Object -FilterScript { $_.State.ToString() -eq 'Installed' } | ForEach-Object -Process { [string]$_.Name }) }
    services     = { , @(Get-CimInstance -ClassName Win32_Service | ForEach-Object -Process { @{ name = [string]$_.Name; startType = [string]$_.StartMode; account = [string]$_.StartName } }) }
    # The keys of Uninstall, 64 and 32 bit. Never Win32_Product: asking it repairs each package.
    software     = {
        $found = @()
        foreach ($root in @('HKLM:\SOFTWARE\Microsoft\Windows\CurrentVersion\Uninstall', 'HKLM:\SOFTWARE\WOW6432Node\Microsoft\Windows\CurrentVersion\Uninstall')) {
            foreach ($key in @(Get-ChildItem -LiteralPath $root -ErrorAction SilentlyContinue)) {
                $name = [string]$key.GetValue('DisplayName', '')
                # Parts of other products and updates of them have no name or a parent.
                if ($name -eq '' -or [string]$key.GetValue('ParentKeyName', '') -ne '') { continue }
                $found += @{ name = $name; version = [string]$key.GetValue('DisplayVersion', ''); publisher = [string]$key.GetValue('Publisher', '') }
            }
        }
        , $found
    }
    # Those that did not come with Windows.
    drivers      = { , @(Get-WindowsDriver -Online | ForEach-Object -Process { @{ name = [System.IO.Path]::GetFileName([string]$_.OriginalFileName); version = [string]$_.Version; provider = [string]$_.ProviderName } }) }
    certificates = {
        $found = @()
        foreach ($store in @('Root', 'CA', 'TrustedPublisher')) {
            $found += @(Get-ChildItem -LiteralPath "Cert:\LocalMachine\$store" | ForEach-Object -Process { @{ store = $store; thumbprint = [string]$_.Thumbprint; subject = [string]$_.Subject } })
        }
        , $found
    }
    users        = { , @(Get-LocalUser | ForEach-Object -Process { @{ name = [string]$_.Name; enabled = [bool]$_.Enabled } }) }
    vmwareTools  = {
        $program = Join-Path -Path $env:ProgramFiles -ChildPath 'VMware\VMware Tools\vmtoolsd.exe'
        if (-not (Test-Path -LiteralPath $program -PathType Leaf)) { return '' }
        [string](Get-Item -LiteralPath $program).VersionInfo.FileVersion
    }
    # {name, version}: what the program of the service says of itself.
    runtimes     = {
        $found = @()
        foreach ($service in @(Get-CimInstance -ClassName Win32_Service -Filter "Name = 'docker' OR Name = 'containerd'")) {
            $program = [regex]::Match([string]$service.PathName, '^"([^"]+)"|^(.+?\.exe)').Value.Trim('"')
            $found += @{ name = [string]$service.Name; version = ((Invoke-Native -FilePath $program -ArgumentList @('--version')).lines -join ' ') }
        }
        , $found
    }
}

Invoke-IngotScript -Body {
    $result = @{ unread = @() }
    $done = 0
    foreach ($part in $Parts.Keys) {
        Write-IngotProgress -Message "Listing $part" -Done $done -Total $Parts.Count
        $done += 1
        try {
            $value = & $Parts[$part]
            # As a plain array: one that is wrapped as an object becomes {value, Count} in the JSON of 5.1.
            if ($value -is [array]) { $value = [object[]]$value }
            $result[$part] = $value
        }
        catch {
            $result[$part] = $null
            $result.unread += @{ part = $part; message = [string]$_.Exception.Message }
        }
    }
    $result
}
