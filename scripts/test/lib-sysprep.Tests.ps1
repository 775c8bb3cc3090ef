# lib-sysprep.ps1: all that keeps Sysprep from working, found before it is started.
[CmdletBinding()]
param()

Pester\Describe 'lib-sysprep.ps1' {
    Pester\BeforeAll { . (Join-Path -Path $PSScriptRoot -ChildPath 'harness.ps1') }

    Pester\BeforeEach {
        Initialize-Guest
        # A Windows that is ready.
        $Fake = @{ volume = $null; domain = $false; rearms = 3; installer = $false; roles = @(); packages = @(); provisioned = @(); removed = @(); refused = @() }
        $Guest.registry['HKLM:\SOFTWARE\Microsoft\Windows\CurrentVersion\Setup\State'] = @{ ImageState = 'IMAGE_STATE_COMPLETE' }
        Set-GuestService -Name 'TrustedInstaller' -Status 'Stopped' -StartType 'Manual'
        $logs = Get-GuestFolder -Path 'Windows\System32\winevt\Logs'
        $Guest.answers['bcdedit.exe'] = { @{ exitCode = 0 } }
        Pester\Mock -CommandName Write-IngotLog -MockWith { return }
        Pester\Mock -CommandName Test-InstallerBusy -MockWith { return $Fake.installer }
        Pester\Mock -CommandName Get-CimInstance -MockWith {
            if ($ClassName -eq 'Win32_EncryptableVolume') { if ($null -ne $Fake.volume) { $Fake.volume } }
            elseif ($ClassName -eq 'Win32_ComputerSystem') { [pscustomobject]@{ PartOfDomain = $Fake.domain; Domain = 'example.com' } }
            elseif ($ClassName -eq 'SoftwareLicensingService') { [pscustomobject]@{ RemainingWindowsReArmCount = $Fake.rearms } }
            else { throw "Expected no question for $ClassName." }
        }
        Pester\Mock -CommandName Get-WindowsFeature -MockWith { foreach ($one in $Name) { [pscustomobject]@{ Name = $one; Installed = ($Fake.roles -contains $one) } } }
        Pester\Mock -CommandName Get-WinEvent -MockWith { [pscustomobject]@{ LogFilePath = (Join-Path -Path $logs -ChildPath "$ListLog.evtx") } }
        Pester\Mock -CommandName Get-AppxPackage -MockWith { $Fake.packages }
        Pester\Mock -CommandName Get-AppxProvisionedPackage -MockWith { foreach ($one in $Fake.provisioned) { [pscustomobject]@{ DisplayName = $one } } }
        Pester\Mock -CommandName Remove-AppxPackage -MockWith { if ($Fake.refused -contains $Package) { throw 'refused' }; $Fake.removed += @($Package) }
        Pester\Mock -CommandName Stop-Process -MockWith { return }
    }

    Pester\It 'finds nothing in the way of a Windows that is ready' {
        @(Invoke-InGuest -Body { Get-ServicingObstacle; Get-SystemObstacle }).Count | Pester\Should -Be 0
        @(Invoke-InGuest -Body { Get-SysprepWarning }).Count | Pester\Should -Be 0
    }

    Pester\It 'finds <Code>' -ForEach @(
        @{ Code = 'sysprep.pending-reboot'; Make = { $Guest.registry['HKLM:\SOFTWARE\Microsoft\Windows\CurrentVersion\Component Based Servicing\RebootPending'] = @{} } }
        @{ Code = 'sysprep.servicing'; Make = { $Guest.registry['HKLM:\SOFTWARE\Microsoft\Windows\CurrentVersion\Component Based Servicing\Interface'] = @{ ServicingInProgress = 2 } } }
        @{ Code = 'sysprep.trusted-installer'; Make = { Set-GuestService -Name 'TrustedInstaller' -StartType 'Disabled' } }
        @{ Code = 'sysprep.installer'; Make = { $Fake.installer = $true } }
        @{ Code = 'sysprep.interrupted'; Make = { $Guest.registry['HKLM:\SYSTEM\Setup\Status\SysprepStatus'] = @{ CleanupState = 2; GeneralizationState = 3 } } }
        @{ Code = 'sysprep.interrupted'; Make = { $Guest.registry['HKLM:\SYSTEM\Setup\Status\SysprepStatus'] = @{ CleanupState = 7; GeneralizationState = 7 } } }
        @{ Code = 'sysprep.image-state'; Make = { $Guest.registry['HKLM:\SOFTWARE\Microsoft\Windows\CurrentVersion\Setup\State'].ImageState = 'IMAGE_STATE_UNDEPLOYABLE' } }
        @{ Code = 'sysprep.bitlocker'; Make = { $Fake.volume = [pscustomobject]@{ ConversionStatus = 1; ProtectionStatus = 0 } } }
        @{ Code = 'sysprep.domain'; Make = { $Fake.domain = $true } }
        @{ Code = 'sysprep.rearm'; Make = { $Fake.rearms = 0 } }
        @{ Code = 'sysprep.defender-endpoint'; Make = { $Guest.registry['HKLM:\SOFTWARE\Microsoft\Windows Advanced Threat Protection'] = @{ senseGuid = 'x' } } }
        @{ Code = 'sysprep.roles'; Make = { $Fake.roles = @('DNS') } }
        @{ Code = 'sysprep.event-log'; Make = { Remove-Item -LiteralPath $logs -Recurse } }
        @{ Code = 'sysprep.bcd'; Make = { $Guest.answers['bcdedit.exe'] = { @{ exitCode = 1 } } } }
    ) {
        . $Make
        $found = @(Invoke-InGuest -Body { Get-ServicingObstacle; Get-SystemObstacle } | ForEach-Object -Process { $_.code } | Sort-Object -Unique)
        $found | Pester\Should -Be @($Code)
    }

    Pester\It 'warns of the last rearm' {
        $Fake.rearms = 1
        @(Invoke-InGuest -Body { Get-SysprepWarning })[0] | Pester\Should -BeLike '*last activation rearm*'
    }

    Pester\Context 'answer file' {
        Pester\It 'must be there' { (Get-AnswerFileObstacle -Path (Join-Path -Path $Guest.root -ChildPath 'none.xml')).code | Pester\Should -Be 'sysprep.unattend' }
        Pester\It 'must be XML' { (Get-AnswerFileObstacle -Path (Set-GuestFile -Path 'a.xml' -Text '<a>')).code | Pester\Should -Be 'sysprep.unattend' }
        Pester\It 'is not judged otherwise' { Get-AnswerFileObstacle -Path (Set-GuestFile -Path 'a.xml' -Text '<a/>') | Pester\Should -BeNullOrEmpty }
    }

    Pester\Context 'AppX packages' {
        Pester\BeforeAll {
            function New-FakePackage {
                param([Parameter(Mandatory = $true)][string]$Name, [string]$InstallState = 'Installed', [bool]$IsFramework = $false, [bool]$NonRemovable = $false, [string]$SignatureKind = 'Store')
                return [pscustomobject]@{
                    Name = $Name; PackageFullName = "${Name}_1.0_x64"; IsFramework = $IsFramework; NonRemovable = $NonRemovable; SignatureKind = $SignatureKind
                    PackageUserInformation = @([pscustomobject]@{ InstallState = $InstallState })
                }
            }
        }

        Pester\It 'of a user that are not provisioned are found' {
            $Fake.packages = @(New-FakePackage -Name 'Microsoft.Winget.Source')
            (Get-IngotUserPackage -Named @()).fullName | Pester\Should -Be 'Microsoft.Winget.Source_1.0_x64'
        }

        Pester\It 'are left alone when <Reason>' -ForEach @(
            @{ Reason = 'they are provisioned for all'; More = @{}; Provisioned = @('A.B') }
            @{ Reason = 'they are only staged'; More = @{ InstallState = 'Staged' }; Provisioned = @() }
            @{ Reason = 'they are frameworks'; More = @{ IsFramework = $true }; Provisioned = @() }
            @{ Reason = 'they cannot be removed'; More = @{ NonRemovable = $true }; Provisioned = @() }
            @{ Reason = 'they are parts of Windows'; More = @{ SignatureKind = 'System' }; Provisioned = @() }
        ) {
            $Fake.packages = @(New-FakePackage -Name 'A.B' @More)
            $Fake.provisioned = $Provisioned
            @(Get-IngotUserPackage -Named @()).Count | Pester\Should -Be 0
        }

        Pester\It 'that are named count although they are provisioned, as Edge is' {
            $Fake.packages = @(New-FakePackage -Name 'Microsoft.MicrosoftEdge.Stable')
            $Fake.provisioned = @('Microsoft.MicrosoftEdge.Stable')
            @(Get-IngotUserPackage -Named @('Microsoft.MicrosoftEdge.Stable')).Count | Pester\Should -Be 1
        }

        Pester\It 'that cannot be listed are left to Sysprep' {
            Pester\Mock -CommandName Get-AppxPackage -MockWith { throw 'no deployment server' }
            @(Get-IngotUserPackage -Named @()).Count | Pester\Should -Be 0
            Pester\Should -Invoke -CommandName Write-IngotLog -Times 1 -Exactly -ParameterFilter { $Message -like '*no deployment server*' }
        }

        Pester\It 'are removed for all users, and one that stays is not told as gone' {
            $Fake.refused = @('B_1.0_x64')
            $gone = @(Remove-IngotUserPackage -Package @(@{ name = 'A'; fullName = 'A_1.0_x64' }, @{ name = 'B'; fullName = 'B_1.0_x64' }))
            $gone | Pester\Should -Be @('A_1.0_x64')
            Pester\Should -Invoke -CommandName Remove-AppxPackage -Times 2 -Exactly -ParameterFilter { $AllUsers }
            Pester\Should -Invoke -CommandName Stop-Process -Times 0 -Exactly
        }

        Pester\It 'of Edge are removed once its programs have ended' {
            [void](Remove-IngotUserPackage -Package @(@{ name = 'Microsoft.MicrosoftEdge.Stable'; fullName = 'E_1.0_x64' }))
            Pester\Should -Invoke -CommandName Stop-Process -Times 1 -Exactly -ParameterFilter { $Name -eq 'msedge' }
        }
    }
}
